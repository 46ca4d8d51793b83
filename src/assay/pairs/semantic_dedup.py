"""Semantic deduplication (SemDeDup, https://arxiv.org/abs/2303.09540): of images that mean the same, one is kept."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pydantic import Field

from assay.curation.documents import Documents
from assay.curation.step import Decision, PoolStep
from assay.pairs.clusters import k_means, nearest_centroids
from assay.pairs.embeddings import matrix_of, unit_rows

_BLOCK = 1 << 12
_VECTOR = "vector"


class SemanticDedup(PoolStep):
    """Drops an image when one that is kept lies too near, within the clusters of k-means.

    Of near images the one farthest from its centroid stays, as in the paper. Embeddings of the whole pool are held in
    memory: 2 bytes a dimension.
    """

    max_similarity: float = Field(default=0.95, gt=-1, le=1)
    """Cosine above which two are the same: 1 - epsilon."""
    embedding: str = "l14_img"
    clusters: int = Field(default=1000, ge=1)
    iterations: int = 20
    seed: int = 0

    def embeddings(self) -> tuple[str, ...]:
        """The images' own."""
        return (self.embedding,)

    def observe(self, documents: Documents) -> pa.RecordBatch:
        """The embedding of each."""
        return pa.RecordBatch.from_pydict({_VECTOR: documents.batch.column(self.embedding)})

    def decide(self, observations: pa.Table) -> Decision:
        """Cluster, then look for pairs within each cluster."""
        vectors = unit_rows(matrix_of(observations.column(_VECTOR)))
        clusters = min(self.clusters, len(vectors))
        centroids = unit_rows(k_means(vectors, clusters, self.iterations, self.seed))
        nearest = nearest_centroids(vectors, centroids)
        codes = np.full(len(vectors), -1, np.int16)
        order = np.argsort(nearest, kind="stable")
        for rows in np.split(order, np.flatnonzero(np.diff(nearest[order])) + 1):
            closeness = vectors[rows] @ centroids[nearest[rows[0]]]
            farthest_first = rows[np.argsort(closeness, kind="stable")]
            codes[farthest_first[repeats(vectors[farthest_first], self.max_similarity)]] = 0
        return Decision(codes, (f"nearer than {self.max_similarity:g} to another",))


def repeats(vectors: np.ndarray, most: float) -> np.ndarray:
    """bool: which of float32 (n, d) unit vectors have a cosine above ``most`` with one before them that is not one."""
    dropped = np.zeros(len(vectors), np.bool_)
    for start in range(0, len(vectors), _BLOCK):
        block = slice(start, start + _BLOCK)
        earlier = vectors[:start][~dropped[:start]]
        if len(earlier):
            dropped[block] = (vectors[block] @ earlier.T).max(axis=1) > most
        near = np.triu(vectors[block] @ vectors[block].T > most, 1)
        for row in np.flatnonzero(near.any(axis=1)):
            if not dropped[start + row]:
                dropped[block] |= near[row]
    return dropped
