"""Keep pairs by a score: of CLIP, of a data filtering network, or whatever else is in a column of the pool."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pydantic import Field

from assay.curation.documents import Documents
from assay.curation.step import Decision, Filter, PoolStep, Rule
from assay.pairs.columns import Number

L14 = "clip_l14_similarity_score"


class ClipScoreFilter(Filter):
    """Keeps pairs whose score reaches a threshold, compared in single precision as DataComp does."""

    threshold: float
    score: str = L14
    """The column that holds the score."""

    def rules(self) -> tuple[Rule, ...]:
        """One rule: the score, which may equal the threshold."""
        return (Rule(self.score, Number((self.score,)), minimum=float(np.float32(self.threshold))),)


class ClipScoreTopFraction(PoolStep):
    """Keeps the pairs with the highest scores, as DataComp's ``--fraction`` does.

    Of n pairs those are kept whose score reaches the one at place int(fraction · n) of all, counted from 0 in
    descending order: one more than the fraction, and more where scores are equal. Scores that are not numbers come
    last; when the fraction reaches them nothing is kept. A fraction of the whole pool needs to be the first step.
    """

    fraction: float = Field(ge=0, lt=1)
    score: str = L14

    def observe(self, documents: Documents) -> pa.RecordBatch:
        """The score of each pair, in single precision."""
        scores = documents.derived(Number((self.score,))).astype(np.float32)
        return pa.RecordBatch.from_pydict({"score": pa.array(scores)})

    def decide(self, observations: pa.Table) -> Decision:
        """Keep what reaches the score at the place of the fraction."""
        scores = observations.column("score").to_numpy()
        threshold = score_at_fraction(scores, self.fraction)
        codes = np.where(scores >= threshold, -1, np.where(np.isnan(scores), 1, 0)).astype(np.int16)
        return Decision(codes, (f"{self.score} < {threshold:.6g}", f"{self.score} is not defined"))


def score_at_fraction(scores: np.ndarray, fraction: float) -> np.float32:
    """The score (float32) at place int(fraction · n) in descending order, NaN last."""
    place = int(len(scores) * fraction)
    last = np.nan_to_num(scores, nan=-np.inf)
    found = -np.partition(-last, place)[place]
    return np.float32(np.nan) if place >= np.count_nonzero(~np.isnan(scores)) else np.float32(found)
