"""DCLM's random_sampling_filter: keep a random part of the documents."""

from __future__ import annotations

import math
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from pydantic import Field

from assay.curation.documents import Documents
from assay.curation.step import Filter, Rule


class RandomSamplingFilter(Filter):
    """Keeps each document with a probability.

    DCLM's choice is another one in every run. Ours depends on the document's id and the seed alone: not on the order of
    the documents, nor on how many workers there are; and what is kept with a probability is kept with every higher one.
    """

    keep_probability: float = Field(default=0.1, ge=0, le=1)
    seed: int = 0

    def rules(self) -> tuple[Rule, ...]:
        """One rule: a random number below the probability."""
        return (Rule("random number", RandomNumber(self.seed), maximum=math.nextafter(self.keep_probability, -1)),)


@dataclass(frozen=True)
class RandomNumber:
    """A measurement: a number from 0 up to, not including, 1, from the document's id."""

    seed: int

    def __call__(self, documents: Documents) -> np.ndarray:
        """float64, of 53 bits of a hash."""
        seeded = blake2b(str(self.seed).encode() + b"\0", digest_size=8)
        return np.array([_number(seeded, id_) for id_ in documents.ids.to_pylist()], np.float64)


def _number(seeded: blake2b, id_: str) -> float:
    hashed = seeded.copy()
    hashed.update(id_.encode())
    return (int.from_bytes(hashed.digest(), "little") >> 11) * 2.0**-53
