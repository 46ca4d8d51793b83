"""Run-to-run noise: what repeated runs, with other seeds, say of it."""

from __future__ import annotations

import numpy as np

USUAL = 0.003
"""Standard deviation of log L between seeds where nothing was repeated. Ours: the published testbed has one seed a
run; the 95 % limits of its evaluation sets are 0.1 % (C4 eval) to 2 % (PTB) of the loss, and Porian et al. (arXiv
2406.19146) reckon with 0.005 to 0.1 nats."""
_CONSTANTS = 5
_WEIGHT = 4
"""Degrees of freedom that it is worth."""


def seed_noise(params: np.ndarray, tokens: np.ndarray, loss: np.ndarray) -> float:
    """The standard deviation of log L between runs of one size and one number of tokens, drawn to what is usual."""
    squares, freedom = deviations(params, tokens, np.log(loss))
    return float(np.sqrt((_WEIGHT * USUAL**2 + squares) / (_WEIGHT + freedom)))


def scatter(residuals: np.ndarray) -> float:
    """The standard deviation of log L of a run about the law, by the residuals of runs, drawn to the usual noise."""
    freedom = max(len(residuals) - _CONSTANTS, 0)
    squares = float((residuals**2).sum()) if freedom else 0.0
    return float(np.sqrt((_WEIGHT * USUAL**2 + squares) / (_WEIGHT + freedom)))


def deviations(params: np.ndarray, tokens: np.ndarray, values: np.ndarray) -> tuple[float, int]:
    """The sum of squares about the means of repeated runs, and its degrees of freedom (0: nothing was repeated)."""
    _, group = np.unique(np.stack([params, tokens]), axis=1, return_inverse=True)
    group = group.ravel()
    counts = np.bincount(group)
    means = np.bincount(group, weights=values) / counts
    return float(((values - means[group]) ** 2).sum()), int((counts - 1).sum())
