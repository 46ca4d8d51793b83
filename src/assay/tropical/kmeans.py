"""Weighted K-means: Lloyd's algorithm from k-means++ seeds (Arthur and Vassilvitskii 2007)."""

from __future__ import annotations

import numpy as np

STARTS = 2
"""The better of so many runs is taken."""
MOST_ROUNDS = 50


def kmeans(
    points: np.ndarray, clusters: int, rng: np.random.Generator, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Labels, shape (points,), and centres, shape (clusters, dimensions).

    There are fewer clusters than asked for only where there are fewer different points.
    """
    weights = np.ones(len(points)) if weights is None else weights
    runs = [_run(points, min(clusters, len(points)), rng, weights) for _ in range(STARTS)]
    labels, centres, _ = min(runs, key=lambda run: run[2])
    used, labels = np.unique(labels, return_inverse=True)
    return labels, centres[used]


def _run(
    points: np.ndarray, clusters: int, rng: np.random.Generator, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    lengths = (points**2).sum(axis=1)
    centres = points[_seeds(points, lengths, clusters, rng, weights)]
    labels, loss = _nearest(points, lengths, centres, weights)
    for _ in range(MOST_ROUNDS):
        centres = _means(points, labels, centres, weights)
        moved, better = _nearest(points, lengths, centres, weights)
        labels, loss, before = moved, better, loss
        if better >= before * (1 - 1e-4):
            break
    return labels, _means(points, labels, centres, weights), loss


def _seeds(
    points: np.ndarray, lengths: np.ndarray, clusters: int, rng: np.random.Generator, weights: np.ndarray
) -> np.ndarray:
    """Each next seed with a probability in proportion to its weighted squared distance from those before."""
    seeds = [int(rng.choice(len(points), p=weights / weights.sum()))]
    away = np.full(len(points), np.inf)
    while len(seeds) < clusters:
        last = points[seeds[-1]]
        away = np.minimum(away, np.maximum(lengths - 2 * (points @ last) + last @ last, 0))
        away[seeds[-1]] = 0
        chances = away * weights
        if not chances.sum() > 0:
            break
        seeds.append(int(rng.choice(len(points), p=chances / chances.sum(dtype=np.float64))))
    return np.array(seeds)


def _nearest(
    points: np.ndarray, lengths: np.ndarray, centres: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, float]:
    away = points @ (-2 * centres.T)
    away += (centres**2).sum(axis=1)
    labels = away.argmin(axis=1)
    loss = weights * (away[np.arange(len(points)), labels] + lengths)
    return labels, float(loss.sum(dtype=np.float64))


def _means(points: np.ndarray, labels: np.ndarray, centres: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted means of the clusters; an empty cluster keeps its centre."""
    total = np.bincount(labels, weights=weights, minlength=len(centres))
    order = np.argsort(labels, kind="stable")
    used = np.flatnonzero(np.bincount(labels, minlength=len(centres)))
    starts = np.searchsorted(labels[order], used)
    means = centres.copy()
    sums = np.add.reduceat((points * weights[:, None].astype(points.dtype))[order], starts, axis=0)
    heavy = total[used] > 0
    means[used[heavy]] = sums[heavy] / total[used[heavy], None]
    return means
