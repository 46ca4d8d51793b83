"""Drop documents that share passages with held-out text, so that evaluation measures what was learnt, not recalled.

A passage is an n-gram of words: UAX #29 words that begin with a letter or number, lower-cased; punctuation, white space
and layout do not matter. 13 words is the length that GPT-3 (Brown et al. 2020, appendix C) and many after it took.
Held-out texts of fewer words have no n-gram, so nothing is compared with them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from assay.base.errors import InputError
from assay.curation.documents import Documents, string_bytes
from assay.curation.step import Filter, Rule
from assay.text.characters import character_table
from assay.text.reading import read_texts

if TYPE_CHECKING:
    import pyarrow as pa


class Decontamination(Filter):
    """Drops documents that share more than ``max_shared`` n-grams with the texts in the files ``against``."""

    file_parameters: ClassVar[tuple[str, ...]] = ("against",)

    against: str | list[str]
    """Files of held-out text: JSONL (also compressed) with the text under ``text``, Parquet …"""
    ngram: int = Field(default=13, ge=1)
    """Words in an n-gram."""
    max_shared: int = Field(default=0, ge=0)
    """Places in a document where an n-gram of the held-out text begins."""

    def rules(self) -> tuple[Rule, ...]:
        """One rule: shared n-grams."""
        files = (self.against,) if isinstance(self.against, str) else tuple(self.against)
        name = f"{self.ngram}-grams shared with held-out text"
        return (Rule(name, SharedNgrams(files, self.ngram), maximum=self.max_shared),)


@dataclass(frozen=True)
class SharedNgrams:
    """A measurement: in how many places of a document an n-gram of the texts in ``against`` begins."""

    against: tuple[str, ...]
    n: int

    def __call__(self, documents: Documents) -> np.ndarray:
        """Count them: int64."""
        from assay.text.kernels.overlap import count_shared

        held_out = held_out_ngrams(self.against, self.n)
        return count_shared(*lower_bytes(documents.text), character_table(), self.n, held_out)


@lru_cache(maxsize=4)
def held_out_ngrams(files: tuple[str, ...], n: int) -> np.ndarray:
    """The set of the n-grams of the texts in the files, as ``kernels.overlap.hash_set`` makes it; once a process.

    InputError when there is not a single one.
    """
    from assay.text.kernels.overlap import hash_set

    hashes = np.unique(np.concatenate([np.empty(0, np.uint64), *_hashes(files, n)]))
    if not len(hashes):
        raise InputError(f"no held-out text has {n} words", where=", ".join(files), hint="choose a smaller ngram")
    return hash_set(hashes)


def _hashes(files: tuple[str, ...], n: int) -> Iterator[np.ndarray]:
    from assay.text.kernels.overlap import hash_ngrams

    for file in files:
        for texts in read_texts(file):
            yield np.unique(hash_ngrams(*lower_bytes(texts), character_table(), n))


def lower_bytes(text: pa.LargeStringArray) -> tuple[np.ndarray, np.ndarray]:
    """The texts in lower case, as kernels take them."""
    import pyarrow.compute as pc

    return string_bytes(pc.call_function("utf8_lower", [text]))
