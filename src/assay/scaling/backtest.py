"""What the largest runs say of a law fitted without them: the error to expect, and how it grows with the distance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Forecaster = Callable[[np.ndarray, np.ndarray, np.ndarray], Callable[[np.ndarray, np.ndarray], np.ndarray]]
"""Parameters, tokens and losses of some runs → a function of parameters and tokens (n,) that gives log L and the
standard deviation that the scatter of the runs leaves in it."""

_SHARES = (1 / 3, 1 / 10, 1 / 30, 1 / 100)
"""Of the largest run's compute: what is above is left out."""
_FEWEST_RUNS, _FEWEST_SIZES = 6, 3
DRIFT = 0.005
"""Error of log L a decade of compute beyond the largest run, before the runs themselves say anything."""
_DRIFT_WEIGHT = 4
"""Back-tests that it is worth."""


@dataclass(frozen=True)
class BackTest:
    """Predictions of runs that were left out, one entry for each run and cut."""

    cut: np.ndarray
    """The largest compute that the law was fitted to, 6·N·D."""
    run: np.ndarray
    """Which run."""
    decades: np.ndarray
    """By which the run's compute exceeds the cut."""
    log_error: np.ndarray
    """log(predicted / measured)."""
    deviation: np.ndarray
    """What of it the scatter of the runs explains."""

    def __len__(self) -> int:
        return len(self.run)

    @property
    def error(self) -> float:
        """The mean relative error; NaN when nothing could be left out."""
        return float(np.abs(np.expm1(self.log_error)).mean()) if len(self) else float("nan")

    @property
    def drift(self) -> float:
        """Error of log L for each decade beyond the fitted runs, over what scatter explains; drawn to what is usual."""
        over = (self.log_error**2 - self.deviation**2) / np.maximum(self.decades, 0.5) ** 2
        squares = [max(float(over[self.cut == cut].mean()), 0.0) for cut in np.unique(self.cut)]
        return float(np.sqrt((_DRIFT_WEIGHT * DRIFT**2 + sum(squares)) / (_DRIFT_WEIGHT + len(squares))))


def leave_largest_out(params: np.ndarray, tokens: np.ndarray, loss: np.ndarray, fit: Forecaster) -> BackTest:
    """Fit to the runs below each cut, predict those above. Empty when too few runs or sizes lie below any cut."""
    compute = 6.0 * params * tokens
    parts, below = [], None
    for share in _SHARES:
        kept = compute <= share * compute.max() * (1 + 1e-9)
        if (below is not None and np.array_equal(kept, below)) or not _enough(params[kept]):
            continue
        below = kept
        out = np.flatnonzero(~kept)
        predicted, deviation = fit(params[kept], tokens[kept], loss[kept])(params[out], tokens[out])
        cut = np.full(len(out), compute[kept].max())
        parts.append((cut, out, np.log10(compute[out] / cut), predicted - np.log(loss[out]), deviation))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)] if parts else [np.empty(0)] * 5
    return BackTest(*columns)


def _enough(params: np.ndarray) -> bool:
    return len(params) >= _FEWEST_RUNS and distinct_sizes(params) >= _FEWEST_SIZES


def distinct_sizes(params: np.ndarray) -> int:
    """Sizes that differ by more than 2 %, from the smallest on."""
    return count_apart(np.log(params), 0.02)


def count_apart(values: np.ndarray, apart: float) -> int:
    """How many values there are that differ by more than ``apart``, from the smallest on."""
    values, count, at = np.unique(values), 0, 0
    while at < len(values):
        at, count = int(np.searchsorted(values, values[at] + apart, side="right")), count + 1
    return count
