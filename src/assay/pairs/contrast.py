"""negCLIPLoss (https://arxiv.org/abs/2405.19547): a CLIP score less what other pairs, met at random, would score."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pydantic import Field

from assay.curation.documents import Documents
from assay.curation.step import Decision, PoolStep
from assay.pairs.embeddings import matrix_of, unit_rows
from assay.pairs.scores import score_at_fraction


class NegClipLossTopFraction(PoolStep):
    """Keeps the pairs with the highest negCLIPLoss.

    That is the negative of CLIP's loss, times the temperature, for a pair among the others of a batch: the mean over
    ``rounds`` divisions of the pool into random batches. Embeddings of all pairs are held in memory.
    """

    fraction: float = Field(ge=0, lt=1)
    image: str = "l14_img"
    caption: str = "l14_txt"
    batch_size: int = Field(default=32_768, ge=2)
    rounds: int = Field(default=10, ge=1)
    temperature: float = Field(default=0.01, gt=0)
    """The paper's settings, for OpenAI's models."""
    seed: int = 0

    def embeddings(self) -> tuple[str, ...]:
        """Of images and of captions."""
        return (self.image, self.caption)

    def observe(self, documents: Documents) -> pa.RecordBatch:
        """Both embeddings."""
        batch = documents.batch
        return pa.RecordBatch.from_pydict({name: batch.column(name) for name in (self.image, self.caption)})

    def decide(self, observations: pa.Table) -> Decision:
        """Keep what reaches the value at the place of the fraction."""
        images, captions = (unit_rows(matrix_of(observations.column(name))) for name in (self.image, self.caption))
        values = self._values(images, captions)
        threshold = score_at_fraction(values, self.fraction)
        return Decision(np.where(values >= threshold, -1, 0).astype(np.int16), (f"negCLIPLoss < {threshold:.6g}",))

    def _values(self, images: np.ndarray, captions: np.ndarray) -> np.ndarray:
        total = np.zeros(len(images), np.float32)
        for round_ in range(self.rounds):
            order = np.random.default_rng([self.seed, round_]).permutation(len(images))
            for rows in np.array_split(order, max(1, len(order) // self.batch_size)):
                total[rows] += neg_clip_loss(images[rows], captions[rows], self.temperature)
        return total / self.rounds


def neg_clip_loss(images: np.ndarray, captions: np.ndarray, temperature: float) -> np.ndarray:
    """float32 (n,): the score of each pair of unit vectors (n, d), less the mean of what both of its sides draw."""
    logits = images @ captions.T / np.float32(temperature)
    own = np.diagonal(logits).copy()
    both = _log_sum_exp(logits, 1) + _log_sum_exp(logits, 0)
    return np.float32(temperature) * (own - both / 2)


def _log_sum_exp(logits: np.ndarray, axis: int) -> np.ndarray:
    highest = logits.max(axis=axis, keepdims=True)
    return np.log(np.exp(logits - highest).sum(axis=axis)) + highest.squeeze(axis)
