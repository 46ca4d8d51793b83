"""The default fit of the loss law: robust residuals of log L, exponents drawn to what is known of exponents.

The rule, the same for all data:

- the residual is that of log L, so that a small model's loss of 5 weighs as a large one's of 2;
- noise of 0.3 % (what seeds and evaluation sets leave); residuals beyond 2 % count linearly, so that outliers do not
  steer;
- each decade of compute below the largest run halves a run's weight: the law is not exact, and what is near the target
  says most about it;
- the mean of log alpha and log beta is drawn to log 0.3, with a standard deviation of 0.4 (published exponents of
  losses a token lie between 0.2 and 0.45), and log(alpha/beta) to 0, with 0.3: few sizes cannot tell E from a small
  alpha, and without this E falls to 0 and forecasts with it.

Losses, sizes and tokens in other units give the same forecasts. ``docs/guides/scaling.md`` says how the rule was
chosen and what it was compared with.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from assay.scaling.forms import Constants
from assay.scaling.least_squares import Powers

_ITERATIONS = 60
_STARTS = np.log([0.05, 0.1, 0.2, 0.3, 0.45, 0.7, 1.1])
"""Exponents that the search begins with."""
_EXPONENTS = np.log([0.01, 5.0])
"""What the mean exponent may be."""
_LOOSE = 0.01
"""Precision of the logarithm of a term where the runs say nothing of it: a factor of e^10 either way."""
_EYES = {size: np.eye(size) for size in (3, 4, 5)}
_EFFECTIVE = 5
"""Runs that must count, (sum of weights)² over sum of squares: one for each constant."""
_SLOWER = (1, 1.5, 2, 3, 5, 10)
_FLOOR = 1e-9
"""Of a term, as a share of the loss: keeps its logarithm finite where it vanishes."""
_CLOSE = 1e-8
"""Twice the gain of the objective that a step promises, as a share of it, at which the search ends."""


@dataclass(frozen=True)
class Rule:
    """What the fit assumes. The default is the rule; the others are members of the ensemble of forms."""

    noise: float = 0.003
    knee: float = 0.02
    halving: float = 1.0
    """Decades of compute in which the weight of a run halves; infinity for equal weights."""
    exponent: float = 0.3
    exponent_spread: float = 0.4
    ratio_spread: float = 0.3
    """0: one exponent for N and D."""

    def weights(self, params: np.ndarray, tokens: np.ndarray) -> np.ndarray:
        """The weight of each run. Slower than ``halving`` where too few runs would be left to count."""
        compute = np.log10(params) + np.log10(tokens)
        below = compute.max() - compute
        for slower in _SLOWER:
            weights = 0.5 ** (below / (slower * self.halving))
            if weights.sum() ** 2 >= 0.999 * min(_EFFECTIVE, len(below)) * (weights**2).sum():
                return weights
        return np.ones_like(below)


DEFAULT = Rule()
TIED = replace(DEFAULT, ratio_spread=0.0)
FREE = replace(DEFAULT, exponent_spread=1.0, ratio_spread=1.0)
LEVEL = replace(DEFAULT, halving=np.inf)


def fit_robust(
    params: np.ndarray, tokens: np.ndarray, loss: np.ndarray, rule: Rule = DEFAULT, draws: np.ndarray | None = None
) -> Fitted:
    """The fit by a rule; with ``draws`` (B, n) of weights, B fits at once, from where the fit to all runs ends."""
    problem = _Problem(params, tokens, loss, rule)
    best, _ = problem.solve(problem.start(), np.ones((1, len(loss))))
    if draws is not None:
        best, _ = problem.solve(np.repeat(best, len(draws), axis=0), draws)
    return Fitted(best, problem.powers)


def expected_deviation(
    law: Constants,
    runs: tuple[np.ndarray, np.ndarray],
    targets: tuple[np.ndarray, np.ndarray],
    noise: float,
    rule: Rule = DEFAULT,
) -> np.ndarray:
    """The standard deviation of log L at targets (n,) that runs of these sizes and tokens leave, if ``law`` is true.

    ``noise`` is what the runs scatter about it. From the curvature of the objective where it is least (Laplace).
    """
    params, tokens = runs
    problem = _Problem(params, tokens, law.loss(params, tokens), replace(rule, noise=noise))
    at = problem.from_constants(law)
    _, _, curvature = problem.look(at, problem.weights[None])
    steps = 1e-5 * np.eye(5)
    high, low = (Fitted(at + sign * steps, problem.powers).log_loss(*targets) for sign in (1, -1))
    slopes = (high - low) / 2e-5
    covariance = np.linalg.inv(curvature[0] + np.diag([_LOOSE, _LOOSE, _LOOSE, 0, 0]))
    return np.sqrt(np.einsum("it,ij,jt->t", slopes, covariance, slopes))


@dataclass(frozen=True)
class Fitted:
    """B fits at once."""

    at: np.ndarray
    """Shape (B, 5): logarithms of the three terms at the centre, of the mean exponent, and half of the ratio's."""
    powers: Powers

    def log_loss(self, params: np.ndarray, tokens: np.ndarray) -> np.ndarray:
        """Log L at N and D, shape (B, n)."""
        logs = np.log(np.stack([params, tokens])) - self.powers.centre[:, None]
        return _log_sum(self.at, logs)[0]

    def constants(self) -> Constants:
        """Of the first fit."""
        a, b, e, mean, half = self.at[0]
        return self.powers.constants(np.exp(e), np.exp([a, b]), np.exp([mean + half, mean - half]))


def _log_sum(at: np.ndarray, logs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log of the sum of the terms (B, n), the terms' shares (B, 3, n), and exponent times log (B, 2, n)."""
    exponents = np.exp(at[:, 3:4] + at[:, 4:5] * np.array([1.0, -1.0]))
    falls = exponents[:, :, None] * logs
    terms = np.repeat(at[:, :3, None], logs.shape[1], axis=2)
    terms[:, :2] -= falls
    top = terms.max(axis=1, keepdims=True)
    shares = np.exp(terms - top)
    total = shares.sum(axis=1, keepdims=True)
    return (top + np.log(total))[:, 0], shares / total, falls


class _Problem:
    """Levenberg-Marquardt on many weightings at once.

    The valley of least loss is long and bent in all parameters, and nearly straight in the exponents once the three
    terms follow them. So a step is one of the exponents, after which the terms, in which the law is linear, are solved
    again.
    """

    def __init__(self, params: np.ndarray, tokens: np.ndarray, loss: np.ndarray, rule: Rule):
        self.powers = Powers(params, tokens)
        self._target = np.log(loss)
        self._rule = rule
        self.weights = rule.weights(params, tokens) / rule.noise**2
        self._size = 5 if rule.ratio_spread else 4
        spread = np.array([np.inf, np.inf, np.inf, rule.exponent_spread, rule.ratio_spread / 2])[: self._size]
        self._precision = spread**-2
        self._prior = np.diag(self._precision)
        self._held = np.diag([0.0, 0.0, 0.0, 1.0, 1.0][: self._size])
        self._centre = np.array([0.0, 0.0, 0.0, np.log(rule.exponent), 0.0])[: self._size]

    def start(self) -> np.ndarray:
        """Of a few exponents the best, each with its terms."""
        third = np.full(len(_STARTS), self._target.mean() - np.log(3))
        at = np.stack([third, third, third, _STARTS, np.zeros_like(third)], axis=1)
        weights = np.broadcast_to(self.weights, (len(at), len(self._target)))
        at = self._settle(self._settle(at, weights), weights)
        return at[[int(np.argmin(self.look(at, weights)[0]))]]

    def from_constants(self, law: Constants) -> np.ndarray:
        """A law's parameters."""
        exponents = np.array([law.alpha, law.beta])
        terms = np.log([law.A, law.B]) - exponents * self.powers.centre
        alpha, beta = np.log(exponents)
        return np.array([[*terms, np.log(law.E), (alpha + beta) / 2, (alpha - beta) / 2]])

    def solve(self, at: np.ndarray, draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Minimise from ``at`` (B, 5) under ``draws`` (B, n); returns where, and the objective there."""
        weights = self.weights * draws
        damping = np.full(len(at), 1e-3)
        value, slope, curvature = self.look(at, weights)
        for _ in range(_ITERATIONS):
            step = _solve(curvature * (1 + damping[:, None, None] * self._held), slope)
            if np.all((slope * step).sum(axis=1) < _CLOSE * (1 + np.abs(value))):
                break
            tried = self._settle(self._moved(at, step), weights)
            new_value, new_slope, new_curvature = self.look(tried, weights)
            better = new_value <= value
            at = np.where(better[:, None], tried, at)
            slope = np.where(better[:, None], new_slope, slope)
            curvature = np.where(better[:, None, None], new_curvature, curvature)
            value = np.where(better, new_value, value)
            damping = np.clip(np.where(better, damping * 0.1, damping * 10), 1e-9, 1e9)
        return at, value

    def look(self, at: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The objective (B,), its slope (B, k), and a curvature to step by (B, k, k).

        Between the curvature of the residuals' penalty, which is nothing for outliers, and the bound on it that
        reweighted least squares steps by, which converges half as fast.
        """
        found, shares, falls = _log_sum(at, self.powers.logs)
        residual = found - self._target
        stretched = np.sqrt(1 + (residual / self._rule.knee) ** 2)
        change = np.empty((len(at), self._size, residual.shape[1]))
        change[:, :3] = shares
        moved = shares[:, :2] * falls
        np.negative(moved.sum(axis=1), out=change[:, 3])
        if self._size == 5:
            np.subtract(moved[:, 1], moved[:, 0], out=change[:, 4])
        pulled = weights / stretched
        away = at[:, : self._size] - self._centre
        value = (weights * (stretched - 1)).sum(axis=1) * self._rule.knee**2
        value += (away**2 * self._precision).sum(axis=1) / 2
        slope = (change @ (pulled * residual)[:, :, None])[:, :, 0] + away * self._precision
        curvature = (change * (pulled / stretched)[:, None]) @ change.transpose(0, 2, 1)
        return value, slope, curvature + self._prior

    def _settle(self, at: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """The terms that go with the exponents: one step of Newton in what is nearly linear."""
        found, shares, _ = _log_sum(at, self.powers.logs)
        residual = found - self._target
        pulled = weights / np.sqrt(1 + (residual / self._rule.knee) ** 2)
        slope = (shares @ (pulled * residual)[:, :, None])[:, :, 0]
        return self._moved(at, _solve((shares * pulled[:, None]) @ shares.transpose(0, 2, 1), slope))

    def _moved(self, at: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Terms move in proportion, at most tenfold, and never to nothing; exponents in their logarithm."""
        moved = at.copy()
        lowest = self._target.min() + np.log(_FLOOR)
        share = np.minimum(np.maximum(1 - step[:, :3], 0.1), 10.0)  # np.clip is slow on so little
        moved[:, :3] = np.maximum(moved[:, :3] + np.log(share), lowest)
        if step.shape[1] > 3:
            moved[:, 3 : step.shape[1]] -= np.minimum(np.maximum(step[:, 3:], -1), 1)
            moved[:, 3] = np.minimum(np.maximum(moved[:, 3], _EXPONENTS[0]), _EXPONENTS[1])
        return moved


def _solve(curvature: np.ndarray, slope: np.ndarray) -> np.ndarray:
    ridge = 1e-12 * np.einsum("bii->b", curvature)[:, None, None] * _EYES[curvature.shape[1]]
    return np.linalg.solve(curvature + ridge, slope[:, :, None])[:, :, 0]
