"""Similarity of images to a target set, by their embeddings: choose what is near it, or drop what is too near."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from assay.curation.documents import Documents
from assay.curation.step import Filter, Rule, Scorer
from assay.pairs.clusters import read_vectors
from assay.pairs.embeddings import unit_rows, vectors_of

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS, _TARGETS = 1 << 12, 1 << 14
NEAR_DUPLICATE = 0.604169
"""Cosine above which DataComp takes an image for one of its evaluation sets', by the descriptor isc-ft-v107."""


class NormSim(Scorer):
    """Adds the similarity of each image to target images: NormSim of https://arxiv.org/abs/2405.19547.

    The p-norm of its cosines to all of them; without ``p`` the largest, NormSim_inf.
    """

    file_parameters: ClassVar[tuple[str, ...]] = ("targets",)

    targets: list[str]
    """Files (.npy, .npz) with the embeddings of the target images."""
    embedding: str = "l14_img"
    p: float | None = Field(default=None, gt=0)
    key: str = "norm_sim"
    """The column."""

    def embeddings(self) -> tuple[str, ...]:
        """The images' own."""
        return (self.embedding,)

    def score(self, documents: Documents) -> dict[str, pa.Array]:
        """One column: float32."""
        import pyarrow as pa

        vectors = unit_rows(vectors_of(documents, self.embedding))
        return {self.key: pa.array(_norms(vectors, _targets(tuple(self.targets)), self.p))}


class NearDuplicateFilter(Filter):
    """Drops images that are near-duplicates of others, such as those of evaluation sets: cosine above a bound."""

    file_parameters: ClassVar[tuple[str, ...]] = ("against",)

    against: list[str]
    """Files (.npy, .npz) with the embeddings of these images, by the model that made the pool's."""
    embedding: str = "l14_img"
    max_similarity: float = NEAR_DUPLICATE
    """By default DataComp's, for its descriptor: CLIP's cosines are higher, 0.95 and more for the same picture."""

    def embeddings(self) -> tuple[str, ...]:
        """The images' own."""
        return (self.embedding,)

    def rules(self) -> tuple[Rule, ...]:
        """One rule: the similarity to the nearest."""
        measure = NearestSimilarity(self.embedding, tuple(self.against))
        return (Rule("similarity to the nearest", measure, maximum=self.max_similarity),)


@dataclass(frozen=True)
class NearestSimilarity:
    """A measurement: the largest cosine of an image to those in some files."""

    embedding: str
    files: tuple[str, ...]

    def __call__(self, documents: Documents) -> np.ndarray:
        """float32."""
        return _norms(unit_rows(vectors_of(documents, self.embedding)), _targets(self.files), None)


def _norms(vectors: np.ndarray, targets: np.ndarray, p: float | None) -> np.ndarray:
    """float32: the p-norm of the cosines of each vector to all targets; without ``p`` the largest cosine."""
    found = np.full(len(vectors), -np.inf if p is None else 0, np.float32)
    for start in range(0, len(vectors), _ROWS):
        part = found[start : start + _ROWS]
        for first in range(0, len(targets), _TARGETS):
            cosines = vectors[start : start + _ROWS] @ targets[first : first + _TARGETS].T
            part[:] = np.maximum(part, cosines.max(axis=1)) if p is None else part + (np.abs(cosines) ** p).sum(axis=1)
    return found if p is None else found ** np.float32(1 / p)


@lru_cache(maxsize=4)
def _targets(files: tuple[str, ...]) -> np.ndarray:
    return unit_rows(np.concatenate([read_vectors(file) for file in files]))
