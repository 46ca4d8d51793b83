"""Keep documents by a score that an earlier step has put into a column."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from assay.base.errors import InputError
from assay.curation.documents import Documents
from assay.curation.step import Decision, Filter, PoolStep, Rule

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Score:
    """A measurement: the numbers in a column, NaN where there is none."""

    key: str
    must_exist: bool = True

    def __call__(self, documents: Documents) -> np.ndarray:
        """The scores: float64. InputError when there is no such column, or it holds no numbers."""
        import pyarrow as pa

        if not documents.has(self.key):
            return self._in_rows(documents)
        try:
            return documents.batch.column(self.key).cast(pa.float64()).to_numpy(zero_copy_only=False)
        except pa.ArrowInvalid as error:
            raise InputError(f"the column {self.key!r} does not hold numbers") from error

    def _in_rows(self, documents: Documents) -> np.ndarray:
        values = documents.values(self.key, required=self.must_exist)
        try:
            return np.array(values, np.float64)  # None becomes NaN
        except (TypeError, ValueError) as error:
            raise InputError(f"under the key {self.key!r} are not only numbers") from error


class QualityFilter(Filter):
    """Keeps documents whose score reaches a threshold; drops those without a score."""

    key: str = "fasttext_hq_prob"
    """The column that holds the score."""
    threshold: float = 0
    lower_better: bool = False
    """Keep the scores up to the threshold instead."""
    key_must_exist: bool = True
    """Refuse to work when there is no such column, instead of dropping everything."""

    def rules(self) -> tuple[Rule, ...]:
        """One rule: the score."""
        score = Score(self.key, self.key_must_exist)
        if self.lower_better:
            return (Rule(self.key, score, maximum=self.threshold),)
        return (Rule(self.key, score, minimum=self.threshold),)


class QualityTopFraction(PoolStep):
    """Keeps the documents with the best scores; of equal scores, the first in pool order. Drops those without one."""

    key: str
    """The column that holds the score."""
    fraction: float = Field(gt=0, le=1)
    """How much of the pool, as it is at this step, to keep."""
    unit: Literal["documents", "bytes"] = "documents"
    """A fraction of what: exactly ceil(fraction · n) of n documents are kept, or as many as it takes for the bytes."""
    lower_better: bool = False
    """Low scores are the good ones."""

    def observe(self, documents: Documents) -> pa.RecordBatch:
        """The score and the bytes of each document."""
        import pyarrow as pa
        import pyarrow.compute as pc

        sizes = pc.call_function("binary_length", [documents.text])
        return pa.RecordBatch.from_pydict({"score": pa.array(Score(self.key)(documents)), "bytes": sizes})

    def decide(self, observations: pa.Table) -> Decision:
        """Keep the best until the fraction is reached."""
        scores = observations.column("score").to_numpy()
        order = np.argsort(scores if self.lower_better else -scores, kind="stable")  # NaN last
        order = order[: np.count_nonzero(~np.isnan(scores))]
        kept = order[: self._how_many(order, observations)]
        codes = np.where(np.isnan(scores), 1, 0).astype(np.int16)
        codes[kept] = -1
        reasons = (f"{self.key} is not among the best {self.fraction:g}", f"{self.key} is not defined")
        return Decision(codes, reasons)

    def _how_many(self, order: np.ndarray, observations: pa.Table) -> int:
        fraction = Fraction(str(self.fraction))  # as it was written: 0.1 of 30 documents is 3, not a bit more
        if self.unit == "documents":
            return math.ceil(fraction * len(observations))
        sizes = observations.column("bytes").to_numpy()
        wanted = math.ceil(fraction * int(sizes.sum()))
        return int(np.searchsorted(np.cumsum(sizes[order]), wanted)) + 1
