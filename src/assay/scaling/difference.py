"""Which of two training sets is better at a target: the difference between paired runs, carried on in compute.

Two laws, each carried on by itself, differ by the errors of both. Runs of the same size and tokens share what the size
has of its own, and their difference moves slowly: it is a level at the largest run, a small trend with log10 C, and a
random walk, all unknown (a Gaussian process), seen through the noise of single runs. How strongly it walks and how
noisy runs are is averaged over, by what the runs say of it. ``docs/guides/scaling.md`` says how well that decides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from assay.base.errors import InputError
from assay.scaling.runs import Runs
from assay.scaling.uncertainty import Interval

_LEVEL = 1.0
"""Standard deviation of the level: larger than any difference."""
_FACTORS = np.exp(np.linspace(-2, 2, 9))
"""Of the usual walk and noise, what is averaged over."""
_FACTOR_SPREAD = 0.7
"""Standard deviation of the logarithm of the factor."""


@dataclass(frozen=True)
class Drift:
    """What is usual for the difference of a measure."""

    walk: float
    """Standard deviation after a decade of compute."""
    trend: float
    """Standard deviation of the slope a decade."""
    noise: float
    """Standard deviation of the difference of two runs about it."""


LOG_LOSS = Drift(walk=0.04, trend=0.02, noise=0.004)
ERROR = Drift(walk=0.01, trend=0.02, noise=0.006)
"""Both set so that the intervals hold on the published testbed (``benchmarks/decisions.py``)."""


@dataclass(frozen=True)
class DifferenceForecast:
    """A minus B at targets, each array (n,). Below zero A is better."""

    mean: np.ndarray
    deviation: np.ndarray

    @property
    def a_is_better(self) -> np.ndarray:
        """The probability that a run on A has the lower loss or error."""
        return ndtr(-self.mean / self.deviation)

    def interval(self, level: float = 0.8) -> Interval:
        """The ends of the interval of the difference of two runs."""
        half = ndtri((1 + level) / 2) * self.deviation
        return Interval(self.mean - half, self.mean + half)


def forecast_difference(
    flops: np.ndarray, difference: np.ndarray, target_flops: np.ndarray | float, drift: Drift = LOG_LOSS
) -> DifferenceForecast:
    """The difference at targets of so many FLOPs, from differences (n,) measured at ``flops`` (n,).

    InputError without a pair of runs.
    """
    if not len(flops):
        raise InputError("no run of A has the size and tokens of one of B", hint="train both on one ladder")
    decades = np.log10(flops)
    x, ahead = decades - decades.max(), np.log10(np.atleast_1d(target_flops)) - decades.max()
    found = [_posterior(x, difference, ahead, drift, walk, noise) for walk in _FACTORS for noise in _FACTORS]
    evidence, means, variances = (np.array(each) for each in zip(*found, strict=True))
    weights = np.exp(evidence - evidence.max())
    weights /= weights.sum()
    mean = weights @ means
    return DifferenceForecast(mean, np.sqrt(weights @ (variances + (means - mean) ** 2)))


def paired_differences(runs_a: Runs, runs_b: Runs, measure: str) -> tuple[np.ndarray, np.ndarray]:
    """FLOPs, and A minus B, of the sizes and tokens that both have: of log L for a loss, else of the error.

    Repeated runs count with their mean. InputError when there is neither a loss nor a task of the name.
    """
    a, b = (_by_place(runs, measure) for runs in (runs_a, runs_b))
    shared = sorted(set(a) & set(b))
    flops = np.array([6.0 * params * tokens for params, tokens in shared])
    return flops, np.array([a[place] - b[place] for place in shared])


def _by_place(runs: Runs, measure: str) -> dict[tuple[float, float], float]:
    values = np.log(runs.loss(measure)) if measure in runs.losses else runs.error(measure)
    places: dict[tuple[float, float], list[float]] = {}
    for params, tokens, value in zip(runs.params, runs.tokens, values, strict=True):
        if np.isfinite(value):
            places.setdefault((float(params), float(tokens)), []).append(float(value))
    return {place: float(np.mean(each)) for place, each in places.items()}


def _posterior(
    x: np.ndarray, difference: np.ndarray, ahead: np.ndarray, drift: Drift, walk: float, noise: float
) -> tuple[float, np.ndarray, np.ndarray]:
    """Log evidence, and mean and variance at the targets, for one strength of the walk and of the noise."""
    variance, trend, walked = (noise * drift.noise) ** 2, drift.trend**2, (walk * drift.walk) ** 2
    back = np.minimum(-x[:, None], -x)
    covariance = _LEVEL**2 + trend * np.outer(x, x) + walked * back + variance * np.eye(len(x))
    root = np.linalg.cholesky(covariance)
    white = np.linalg.solve(root, difference)
    reach = np.linalg.solve(root, _LEVEL**2 + trend * np.outer(x, ahead))
    prior = sum((np.log(factor) / _FACTOR_SPREAD) ** 2 for factor in (walk, noise))
    evidence = -0.5 * (white @ white + prior) - np.log(np.diag(root)).sum()
    spread = _LEVEL**2 + trend * ahead**2 + walked * np.abs(ahead) + variance - (reach**2).sum(axis=0)
    return evidence, reach.T @ white, np.maximum(spread, variance)
