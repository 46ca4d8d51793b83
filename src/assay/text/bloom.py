"""Near-duplicate paragraphs and documents by an n-gram Bloom filter, as DCLM's ``bff`` removes them (section 4.3, F).

A paragraph goes when more than a share of its n-grams occurred before, in earlier documents or in paragraphs above it;
otherwise its n-grams are remembered. In the mode ``old-both``, that of DCLM-Baseline, a document goes as well when more
than that share of all its n-grams occurred before. What ``bff`` leaves to the order of its threads goes by the order of
the pool here: the first of two duplicates stays, for any number of workers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, model_validator

from assay.base.errors import InputError
from assay.curation.documents import Documents
from assay.curation.step import Decision, SweepStep
from assay.text.characters import character_table

if TYPE_CHECKING:
    import pyarrow as pa

_WORD = 64
_SMALLEST = 16
_REASONS = ("the text was seen before", "nothing left")
_SEEN, _EMPTY = range(2)


@dataclass
class BloomFilter:
    """The bits, and how many of them an n-gram sets."""

    bits: np.ndarray
    hashes: int

    @classmethod
    def sized(cls, ngrams: int, false_positives: float) -> BloomFilter:
        """The smallest filter of that rate of false positives after so many n-grams: m = −n ln ε / (ln 2)²."""
        size = -max(ngrams, 1) * math.log(false_positives) / math.log(2) ** 2
        hashes = math.ceil(-math.log2(false_positives))
        return cls(np.zeros(max(_SMALLEST, math.ceil(size / _WORD)), np.uint64), hashes)


class BloomDedup(SweepStep):
    """Removes paragraphs and documents most of whose n-grams occurred before in the pool."""

    remove_type: Literal["old-both", "paragraph", "document"] = "old-both"
    """``paragraph``: only paragraphs; ``document``: only whole documents; ``old-both``: both, as DCLM-Baseline."""
    min_ngram_size: int = Field(default=13, ge=1)
    """Shorter paragraphs have no n-gram, and stay."""
    max_ngram_size: int = Field(default=13, ge=1)
    """Words of an n-gram; a paragraph of fewer words is one n-gram."""
    filtering_threshold: float = Field(default=0.8, ge=0, le=1)
    """What has a larger share of known n-grams goes."""
    expected_ngram_count: int | None = Field(default=None, ge=1)
    """What the filter is made for; by default the n-grams of the pool, which are counted first."""
    fp_rate: float = Field(default=0.01, gt=0, lt=1)
    """Share of unknown n-grams that the full filter takes for known ones."""

    @model_validator(mode="after")
    def _check(self) -> BloomDedup:
        if self.min_ngram_size > self.max_ngram_size:
            raise ValueError("min_ngram_size: larger than max_ngram_size")
        return self

    @property
    def _sizes(self) -> tuple[int, int]:
        return self.min_ngram_size, self.max_ngram_size

    @property
    def _whole(self) -> bool:
        return self.remove_type == "document"

    def observe(self, documents: Documents) -> pa.RecordBatch:
        """The number of n-grams of each document."""
        import pyarrow as pa

        from assay.text.kernels.bloom import count_ngrams

        counts = count_ngrams(*documents.text_bytes(), character_table(), self._sizes, self._whole)
        return pa.RecordBatch.from_pydict({"ngrams": pa.array(counts)})

    def begin(self, observations: pa.Table) -> BloomFilter:
        """An empty filter. InputError when it is made for fewer n-grams than there are."""
        ngrams = int(np.sum(observations.column("ngrams").to_numpy()))
        expected = self.expected_ngram_count or ngrams
        if expected < ngrams:
            raise InputError(
                f"expected_ngram_count {expected:,} is less than the {ngrams:,} n-grams of the pool: the filter would "
                "be overfull and take new text for old",
                hint="leave expected_ngram_count out",
            )
        return BloomFilter.sized(expected, self.fp_rate)

    def sweep(self, documents: Documents, state: BloomFilter) -> Decision:
        """Which documents go, and which paragraphs of the others (list<int32>)."""
        import pyarrow as pa

        from assay.text.kernels.bloom import sweep

        rules = (state.hashes, self.filtering_threshold, self._whole)
        shares, gone, ends = sweep(*documents.text_bytes(), character_table(), self._sizes, state.bits, rules)
        codes = np.full(len(documents), -1, np.int16)
        if self.remove_type != "paragraph":
            codes[shares > self.filtering_threshold] = _SEEN
        cuts = pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(gone))
        empty = np.array([not text.strip() for text in self.cut(documents, cuts).to_pylist()], bool)
        codes[(codes < 0) & empty] = _EMPTY
        return Decision(codes, _REASONS, cuts)

    def cut(self, documents: Documents, cuts: pa.Array) -> pa.Array:
        """The texts without the paragraphs of these numbers; each takes the newline before it along."""
        import pyarrow as pa

        if not len(cuts.flatten()):
            return documents.text
        texts = zip(documents.text.to_pylist(), cuts.to_pylist(), strict=True)
        return pa.array([_without(text, set(numbers)) for text, numbers in texts], pa.large_string())


def _without(text: str, numbers: set[int]) -> str:
    if not numbers:
        return text
    first, *others = text.split("\n")
    paragraphs = [first, *(f"\n{paragraph}" for paragraph in others)]
    if not first:  # the paragraph that begins with the text's first newline is number 0
        paragraphs = paragraphs[1:]
    return "".join(paragraph for number, paragraph in enumerate(paragraphs) if number not in numbers)
