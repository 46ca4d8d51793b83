"""DataComp's text-based filter: captions with a word for something that ImageNet-21k has pictures of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np

from assay.catalog import catalog_path
from assay.curation.documents import Documents
from assay.curation.step import Filter, Rule
from assay.pairs.captions import same_reason
from assay.pairs.wordnet import WordNet, find_wordnet


class EntityFilter(Filter):
    """Keeps captions in which the first synset of some word is one of ImageNet-21k's.

    As the reference has it: words are what str.split() gives, punctuation included ("dog," is none); synsets are
    compared by their offset in WordNet 3.0 alone, so that 59 verbs and adjectives pass for the noun with the same
    number; and the first synset counts, which makes "have" (a rich person) an entity.
    """

    wordnet: str | None = None
    """The folder with WordNet's index.noun; by default that of ASSAY_WORDNET, Debian's wordnet-base, or NLTK's."""
    synsets: str | None = None
    """A file with the synsets wanted, such as n02084071, one a line; by default the 21,843 of ImageNet-21k."""

    file_parameters = ("synsets",)

    def identity(self) -> dict[str, Any]:
        """Parameters, and what the database says."""
        return super().identity() | {"wordnet": find_wordnet(self.wordnet).identity()}

    def rules(self) -> tuple[Rule, ...]:
        """One rule: there is such a word."""
        why = partial(same_reason, "no word for an entity")
        return (Rule("words for entities", HasEntity(self.wordnet, self.synsets), minimum=1, why=why),)


@dataclass(frozen=True)
class HasEntity:
    """A measurement: 1 where a caption has such a word, otherwise 0."""

    wordnet: str | None
    synsets: str | None

    def __call__(self, documents: Documents) -> np.ndarray:
        """float64. InputError when there is no WordNet."""
        entities = _entities(self.wordnet, self.synsets)
        return np.array([any(map(entities.__getitem__, text.split())) for text in documents.texts()], np.float64)


class _Entities(dict[str, bool]):
    """Which words are entities; each is looked up once a process."""

    def __init__(self, wordnet: WordNet, wanted: frozenset[int]):
        super().__init__()
        self.wordnet, self.wanted = wordnet, wanted

    def __missing__(self, word: str) -> bool:
        found = self.wordnet.first_synset(word) in self.wanted
        if len(self) < _REMEMBERED:
            self[word] = found
        return found


_REMEMBERED = 4_000_000


@cache
def _entities(wordnet: str | None, synsets: str | None) -> _Entities:
    path = synsets or catalog_path("words", "imagenet21k_synsets.txt")
    with open(path, encoding="ascii") as file:
        lines = [line.strip() for line in file]
    wanted = frozenset(int(line.lstrip("nvar")) for line in lines if line and not line.startswith("#"))
    return _Entities(find_wordnet(wordnet), wanted)
