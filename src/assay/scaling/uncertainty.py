"""How far a forecast of log L may be off: draws of the runs, other forms, the distance, and the noise of a run.

The four are taken to be independent and add in squares:

- draws: refits under random weights of the runs (Bayesian bootstrap, Rubin 1981), half of the draws with one weight a
  run, half with one a size, since the errors of one size go together;
- forms: the same runs under one exponent, under free exponents, with equal weights, and by the paper's least squares;
- distance: an error a decade of compute beyond the largest run, which the back-test calibrates (``backtest.py``);
- noise: what single runs scatter about the law (``noise.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from assay.scaling.backtest import BackTest
from assay.scaling.least_squares import fit_tied
from assay.scaling.robust import FREE, LEVEL, TIED, Fitted, fit_robust

DRAWS = 1000
_CELLS = 2_000_000
"""Draws times runs, beyond which fewer draws (at least 100) are made: memory."""


class Interval(NamedTuple):
    """The ends of an interval, in the units of what is predicted."""

    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True, eq=False)
class Spread:
    """The standard deviation of a forecast's log L."""

    params: np.ndarray
    tokens: np.ndarray
    loss: np.ndarray
    backtest: BackTest
    noise: float
    seed: int = 0

    @cached_property
    def draws(self) -> Fitted:
        """``DRAWS`` refits, fewer of thousands of runs."""
        draws = min(DRAWS, max(100, _CELLS // len(self.params)))
        weights = bootstrap_weights(self.params, draws, np.random.default_rng(self.seed))
        return fit_robust(self.params, self.tokens, self.loss, draws=weights)

    @cached_property
    def _forms(self) -> list[Fitted]:
        return [fit_robust(self.params, self.tokens, self.loss, rule) for rule in (TIED, FREE, LEVEL)]

    def deviation(self, params: np.ndarray, tokens: np.ndarray, log_loss: np.ndarray) -> np.ndarray:
        """Of the forecasts ``log_loss`` at N and D, shape (n,)."""
        drawn = self.draws.log_loss(params, tokens).std(axis=0)
        forms = self.forms(params, tokens)
        decades = np.maximum(np.log10(params * tokens / (self.params * self.tokens).max()), 0)
        squares = drawn**2 + ((forms - log_loss) ** 2).mean(axis=0) + (self.backtest.drift * decades) ** 2
        return np.sqrt(squares + self.noise**2)

    def forms(self, params: np.ndarray, tokens: np.ndarray) -> np.ndarray:
        """Log L by each of the other forms, shape (4, n)."""
        squares = fit_tied(self.params, self.tokens, self.loss).loss(params, tokens)
        lowest = 0.1 * self.loss.min()  # its E may be far below zero
        members = [form.log_loss(params, tokens)[0] for form in self._forms]
        return np.stack([*members, np.log(np.maximum(squares, lowest))])

    def interval(self, params: np.ndarray, tokens: np.ndarray, log_loss: np.ndarray, level: float) -> Interval:
        """The central interval of a normal log L."""
        half = ndtri((1 + level) / 2) * self.deviation(params, tokens, log_loss)
        return Interval(np.exp(log_loss - half), np.exp(log_loss + half))


def bootstrap_weights(params: np.ndarray, draws: int, generator: np.random.Generator) -> np.ndarray:
    """Weights of the Bayesian bootstrap, shape (draws, n): the first half by run, the second by size."""
    sizes, size_of = np.unique(np.round(np.log(params), 2), return_inverse=True)
    by_run = generator.exponential(size=(draws - draws // 2, len(params)))
    by_size = generator.exponential(size=(draws // 2, len(sizes)))[:, size_of]
    return np.concatenate([by_run, by_size])
