"""Chinchilla's fit: Huber loss of the residual of log L, minimised by L-BFGS (Hoffmann et al. 2022, arXiv 2203.15556).

The sum over runs, not the mean: with the mean the original stopped early (Besiroglu et al. 2024, arXiv 2404.10102). In
place of their grid of 4,500 starts: the optimum of least squares and one with both exponents at 0.3.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from assay.scaling.forms import Constants
from assay.scaling.least_squares import Powers, fit_free

DELTA = 1e-3
"""Where the loss turns from square to absolute (Hoffmann et al., appendix D.3)."""
_SMALLEST = 1e-2
"""Start of a term that least squares would have zero or negative, in nats."""


def fit_huber(params: np.ndarray, tokens: np.ndarray, loss: np.ndarray) -> tuple[Constants, float]:
    """The constants with the least sum of Huber losses, and that sum."""
    problem = _Problem(params, tokens, loss)
    options = {"maxiter": 2000, "gtol": 1e-7}
    found = [
        minimize(problem, start, jac=True, method="BFGS", options=options)
        for start in problem.starts(fit_free(params, tokens, loss))
    ]
    best = min(found, key=lambda each: each.fun)
    return problem.constants(best.x), float(best.fun * DELTA)


class _Problem:
    """The objective over (log a, log b, log E, alpha, beta), a and b being the terms at the geometric means of N and D.

    Divided by delta, which conditions it.
    """

    def __init__(self, params: np.ndarray, tokens: np.ndarray, loss: np.ndarray):
        self._powers = Powers(params, tokens)
        self._log_loss = np.log(loss)

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        terms = np.stack([*(x[:2, None] - x[3:, None] * self._powers.logs), np.full_like(self._log_loss, x[2])])
        top = terms.max(axis=0)
        shares = np.exp(terms - top)
        total = shares.sum(axis=0)
        shares /= total
        residual = top + np.log(total) - self._log_loss
        size = np.abs(residual)
        value = np.where(size <= DELTA, residual**2 / (2 * DELTA), size - DELTA / 2).sum()
        slopes = shares * np.clip(residual / DELTA, -1, 1)
        return float(value), np.concatenate([slopes.sum(axis=1), -(slopes[:2] * self._powers.logs).sum(axis=1)])

    def starts(self, least_squares: Constants) -> list[np.ndarray]:
        exponents = np.array([least_squares.alpha, least_squares.beta])
        weights = np.array([least_squares.A, least_squares.B]) * np.exp(-exponents * self._powers.centre)
        terms = np.log(np.maximum([*weights, least_squares.E], _SMALLEST))
        return [np.concatenate([terms, exponents]), np.concatenate([terms, [0.3, 0.3]])]

    def constants(self, x: np.ndarray) -> Constants:
        return self._powers.constants(np.exp(x[2]), np.exp(x[:2]), x[3:])
