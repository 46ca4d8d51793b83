"""Variable projection: for fixed exponents every law here is linear in the rest, so only the exponents are searched.

All candidate exponents are solved at once, the box around the best shrinks, and so on. There is no start to choose,
and the least residual on the grid is never missed (Golub and Pereyra 1973; for scaling laws: tool vpnls).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

Basis = Callable[[np.ndarray], np.ndarray]
"""Exponents, shape (G, dims) → the curves that are combined, shape (G, k, n)."""
_POINTS = {1: 48, 2: 16}
"""Candidates in each direction, by the number of exponents."""
_TINY = np.finfo(float).tiny
_CLOSE = 1e-8
"""Step of the last grid, in the logarithm of the exponent: a residual is flat below the root of the machine
precision."""


@dataclass(frozen=True)
class Projected:
    """The least-squares fit of ``offset + sum_k weight_k · curve_k(exponents)``."""

    exponents: np.ndarray
    weights: np.ndarray
    offset: float
    residual: float
    """Sum of squares."""
    at_end: bool
    """Whether an exponent lies at the end of what was searched: then the form is too rich for the data."""


def project(basis: Basis, y: np.ndarray, box: tuple[float, float], dims: int = 1) -> Projected:
    """The exponents with the least residual, and what goes with them."""
    best, at_end = search(lambda exponents: solve(basis(exponents), y)[0], box, dims)
    residuals, weights, offsets = solve(basis(best[None]), y)
    return Projected(best, weights[0], float(offsets[0]), float(residuals[0]), at_end)


def search(
    residual: Callable[[np.ndarray], np.ndarray], box: tuple[float, float], dims: int
) -> tuple[np.ndarray, bool]:
    """The exponents, each between the two (positive) ends, with the least residual; and whether one lies at an end.

    ``residual`` takes candidates (G, dims) and gives (G,). The grid is logarithmic and zooms into the best candidate.
    """
    low, high = np.log(box)
    unit = _grid(dims)
    centre, half = np.full(dims, (low + high) / 2), (high - low) / 2
    while half > _CLOSE:
        candidates = np.clip(centre + half * unit, low, high)
        centre = candidates[int(np.argmin(residual(np.exp(candidates))))]
        half *= 2.02 / (_POINTS[dims] - 1)
    return np.exp(centre), bool(np.any((centre < low + 1e-6) | (centre > high - 1e-6)))


@cache
def _grid(dims: int) -> np.ndarray:
    """Points between -1 and 1 in each direction, shape (G, dims)."""
    line = np.linspace(-1, 1, _POINTS[dims])
    return np.stack(np.meshgrid(*[line] * dims, indexing="ij"), -1).reshape(-1, dims)


def solve(curves: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Least squares of ``y`` (n,) on each set of one or two curves (G, k, n) and a constant.

    Returns sums of squares (G,), weights (G, k) and constants (G,). Columns are centred first: normal equations of raw
    powers overflow their condition number.
    """
    means = curves.mean(-1)
    centred, target = curves - means[..., None], y - y.mean()
    gram = np.einsum("gin,gjn->gij", centred, centred)
    right = np.einsum("gin,n->gi", centred, target)
    weights = _solve_two(gram, right) if curves.shape[1] == 2 else right / np.maximum(gram[:, 0], _TINY)
    residual = target - np.einsum("gi,gin->gn", weights, centred)
    return np.einsum("gn,gn->g", residual, residual), weights, y.mean() - (weights * means).sum(-1)


def _solve_two(gram: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Two by two, by hand: faster than a library call on many small systems. A singular one gets equal weights."""
    a, b, d = gram[:, 0, 0], gram[:, 0, 1], gram[:, 1, 1]
    determinant = a * d - b * b
    singular = determinant <= 1e-14 * a * d
    safe = np.where(singular, 1.0, determinant)
    weights = np.stack([d * right[:, 0] - b * right[:, 1], a * right[:, 1] - b * right[:, 0]], -1) / safe[:, None]
    together = (right.sum(-1) / np.maximum(a + 2 * b + d, _TINY))[:, None]
    return np.where(singular[:, None], together, weights)
