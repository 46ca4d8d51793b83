"""The first synset of a word in WordNet 3.0, as NLTK finds it: ``wordnet.synsets(word)[0]``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from assay.base.errors import InputError
from assay.base.fingerprint import file_sha256, fingerprint

VARIABLE = "ASSAY_WORDNET"
_PARTS = ("noun", "verb", "adj", "adv")
"""Parts of speech in the order in which NLTK looks."""
_PLACES = ("/usr/share/wordnet", "~/nltk_data/corpora/wordnet", "/usr/share/nltk_data/corpora/wordnet")
_ENDINGS = {
    # NLTK's WordNetCorpusReader.MORPHOLOGICAL_SUBSTITUTIONS, which are those of WordNet's morphy(7).
    "noun": "s: ses:s ves:f xes:x zes:z ches:ch shes:sh men:man ies:y",
    "verb": "s: ies:y es:e es: ed:e ed: ing:e ing:",
    "adj": "er: est: er:e est:e",
    "adv": "",
}


@dataclass(frozen=True)
class WordNet:
    """The database in a folder: the files ``index.noun``, ``noun.exc`` … of WordNet's ``dict``."""

    folder: Path

    def first_synset(self, word: str) -> int | None:
        """The offset of the word's first synset, whatever its part of speech; None when there is none."""
        word = word.lower()
        for part in self._parts:
            for form in part.forms(word):
                if form in part.offsets:
                    return part.offsets[form]
        return None

    def identity(self) -> str:
        """What the database says, whatever it lies."""
        names = [f"{kind}" for part in _PARTS for kind in (f"index.{part}", f"{part}.exc")]
        return fingerprint([file_sha256(str(self.folder / name)) for name in names])

    @cached_property
    def _parts(self) -> list[_Part]:
        return [_read_part(self.folder, name) for name in _PARTS]


@dataclass(frozen=True)
class _Part:
    """One part of speech."""

    offsets: dict[str, int]
    """Lemma → its first synset."""
    exceptions: dict[str, list[str]]
    endings: list[tuple[str, str]]

    def forms(self, word: str) -> list[str]:
        """The word, and what it may be a form of."""
        if word in self.exceptions:
            return [word, *self.exceptions[word]]
        return [word, *(word[: -len(old)] + new for old, new in self.endings if word.endswith(old))]


def find_wordnet(folder: str | None) -> WordNet:
    """The database in a folder, or that of ``ASSAY_WORDNET``, Debian's wordnet-base, or NLTK. InputError without."""
    named = folder or os.environ.get(VARIABLE)
    places = [Path(place).expanduser() for place in ([named] if named else _PLACES)]
    for place in places:
        if all((place / f"index.{part}").is_file() for part in _PARTS):
            return WordNet(place)
    raise InputError(
        "there is no WordNet 3.0 here: no index.noun, index.verb …",
        where=named,
        hint=f"apt install wordnet-base, or nltk.download('wordnet') and unpack it; another folder: {VARIABLE}",
    )


def _read_part(folder: Path, name: str) -> _Part:
    endings = [ending.partition(":") for ending in _ENDINGS[name].split()]
    exceptions = {terms[0]: terms[1:] for terms in _lines(folder / f"{name}.exc") if terms}
    offsets = dict(map(_lemma, _lines(folder / f"index.{name}")))
    return _Part(offsets, exceptions, [(old, new) for old, _, new in endings])


def _lemma(fields: list[str]) -> tuple[str, int]:
    """Lemma and first synset of a line (wndb(5)): lemma, part, synsets, n, n pointers, senses, ranked, offset …"""
    return fields[0], int(fields[6 + int(fields[3])])


def _lines(path: Path) -> Iterator[list[str]]:
    with open(path, encoding="utf-8") as file:
        for line in file:
            if not line.startswith(" "):  # the licence
                yield line.split()
