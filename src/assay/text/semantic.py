"""The arithmetic of SemDeDup (Abbas et al. 2023): clusters of embeddings, and near neighbours within each.

Embeddings are float32 (n, d) of length 1, so that products are cosines.
"""

from __future__ import annotations

import numpy as np

_ROWS = 8192
"""Embeddings compared with all centroids, or with their cluster, at a time."""


def normalised(embeddings: np.ndarray) -> np.ndarray:
    """The same directions at length 1; zeros stay."""
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    return (embeddings / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def spherical_kmeans(embeddings: np.ndarray, clusters: int, rounds: int, seed: int) -> np.ndarray:
    """Centroids of length 1 (clusters, d), by so many rounds of Lloyd's algorithm from different embeddings."""
    generator = np.random.Generator(np.random.PCG64(seed))
    centroids = embeddings[generator.choice(len(embeddings), min(clusters, len(embeddings)), replace=False)]
    for _ in range(rounds):
        nearest, _ = assign(embeddings, centroids)
        sums = np.zeros(centroids.shape, np.float64)
        np.add.at(sums, nearest, embeddings)
        filled = np.bincount(nearest, minlength=len(centroids)) > 0
        centroids = np.where(filled[:, None], normalised(sums), centroids)
    return centroids


def assign(embeddings: np.ndarray, centroids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearest centroid of each embedding (int64), and its cosine to it."""
    nearest, cosine = np.empty(len(embeddings), np.int64), np.empty(len(embeddings), np.float32)
    for first in range(0, len(embeddings), _ROWS):
        cosines = embeddings[first : first + _ROWS] @ centroids.T
        nearest[first : first + _ROWS] = cosines.argmax(1)
        cosine[first : first + _ROWS] = cosines.max(1)
    return nearest, cosine


def nearest_preferred(embeddings: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Of embeddings by falling preference: of which one that stays each is the repeat (-1: of none), and their cosine.

    One goes when its cosine to one that stays is at least ``least``; it need not be the nearest of all.
    """
    twins, cosines = np.full(len(embeddings), -1, np.int64), np.zeros(len(embeddings), np.float32)
    for i in range(len(embeddings)):
        if twins[i] >= 0:
            continue
        alike = embeddings[i + 1 :] @ embeddings[i]
        rows = np.flatnonzero((alike >= least) & (alike > cosines[i + 1 :]))
        rows = rows[twins[i + 1 + rows] < 0]
        twins[i + 1 + rows], cosines[i + 1 + rows] = i, alike[rows]
    return twins, cosines
