"""Balance by concept, as MetaCLIP does (https://arxiv.org/abs/2309.16671): no concept more than so many times."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from assay.base.errors import InputError
from assay.curation.documents import Documents
from assay.curation.funnel import priorities_of
from assay.curation.step import Decision, PoolStep

_CONCEPTS, _PRIORITY = "concepts", "priority"
_HASHES = 1 << 32


class ConceptBalance(PoolStep):
    """Keeps pairs so that each concept of a list is met about ``most`` times; drops captions without a concept.

    A concept is in a caption when its words are there in a row, in lower case, between white space. One that n
    captions have keeps each of them with probability min(1, most / n); a caption stays when one of its concepts keeps
    it. Whether that is so depends on the uid and the seed alone.
    """

    file_parameters: ClassVar[tuple[str, ...]] = ("concepts",)

    concepts: str
    """A file of concepts, one a line. MetaCLIP's are 500,000 titles and n-grams of Wikipedia and WordNet's lemmas."""
    most: int = Field(default=20_000, ge=1)
    """MetaCLIP's t, for 400 million pairs."""
    seed: int = 0

    def observe(self, documents: Documents) -> pa.RecordBatch:
        """The concepts in each caption, by number, and a number drawn from its uid."""
        known, longest = _read_concepts(self.concepts)
        found = [_concepts_in(text, known, longest) for text in documents.texts()]
        columns = {_CONCEPTS: pa.array(found, pa.list_(pa.int32())), _PRIORITY: priorities_of(documents.ids)}
        return pa.RecordBatch.from_pydict(columns)

    def decide(self, observations: pa.Table) -> Decision:
        """Count the concepts, then draw."""
        concepts = observations.column(_CONCEPTS).combine_chunks()
        owners = np.repeat(np.arange(len(concepts)), np.diff(concepts.offsets.to_numpy()))
        numbers = concepts.flatten().to_numpy()
        keeps = np.minimum(1.0, self.most / np.maximum(1, np.bincount(numbers)))[numbers]
        draws = _uniform(observations.column(_PRIORITY).to_numpy()[owners], numbers, self.seed)
        codes = np.zeros(len(concepts), np.int16)
        codes[owners] = 1
        codes[owners[draws < keeps]] = -1
        return Decision(codes, ("no concept", f"its concepts are met more than {self.most:,} times"))


def _concepts_in(caption: str, known: dict[str, int], longest: int) -> list[int]:
    words = caption.lower().split()
    spans = (" ".join(words[a:b]) for a in range(len(words)) for b in range(a + 1, min(a + longest, len(words)) + 1))
    return sorted({known[span] for span in spans if span in known})


def _uniform(priorities: np.ndarray, numbers: np.ndarray, seed: int) -> np.ndarray:
    """float64 from 0 up to 1, by pair, concept and seed: the finaliser of splitmix64 over all three."""
    value = priorities.astype(np.uint64) + numbers.astype(np.uint64) * np.uint64(_HASHES)
    value += np.uint64((seed * 0x9E3779B97F4A7C15) % (1 << 64))
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        value = (value ^ (value >> np.uint64(shift))) * np.uint64(factor)
    return ((value ^ (value >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53


@cache
def _read_concepts(path: str) -> tuple[dict[str, int], int]:
    """Number of each concept, and how many words the longest has."""
    try:
        with open(path, encoding="utf-8") as file:
            names = dict.fromkeys(" ".join(line.lower().split()) for line in file if line.strip())
    except FileNotFoundError as error:
        raise InputError("no such file of concepts", where=path) from error
    if not names:
        raise InputError("holds no concepts", where=path)
    return {name: number for number, name in enumerate(names)}, max(len(name.split()) for name in names)
