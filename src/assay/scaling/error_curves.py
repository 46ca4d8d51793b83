"""Curves from loss to error, all with the same three constants: an upper end epsilon, k and gamma.

With skill u = (k/epsilon)·exp(-gamma·L):

- exponential  epsilon·(1 - u) = epsilon - k·exp(-gamma·L), the paper's (equation 5); falls below zero at low losses
- gompertz     epsilon·exp(-u)
- logistic     epsilon/(1 + u)

Near chance, where u is small, they are one curve. The last two stay between 0 and epsilon; anchored at the error of
guessing they have two free constants. Least squares or, for the anchored ones, with weak priors: the slope over one
standard deviation of the losses is about 1 (log-normal, 0.7), and the noise is what the runs leave, drawn to one point
with the weight of one run.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import OptimizeWarning, curve_fit

from assay.scaling.projection import project

Form = Literal["exponential", "gompertz", "logistic"]

_GAMMA = (1e-3, 60.0)
"""What is searched for gamma; 60 a nat is a step."""
_SLOPE_SPREAD, _MIDDLE, _MIDDLE_SPREAD = 0.7, -2.0, 3.0
_NOISE = 0.01
_ROUNDS, _ITERATIONS = 3, 40
_STARTS = np.array([(slope, middle) for slope in (-0.7, 0.0, 0.7, 1.4) for middle in (-4.0, -1.5, 0.0)])


@dataclass(frozen=True)
class Curve:
    """A curve with its constants."""

    form: Form
    epsilon: float
    k: float
    gamma: float

    def error(self, loss: np.ndarray) -> np.ndarray:
        """The error at a loss."""
        return _error(self.form, self.epsilon, (np.array(self.k), np.array(self.gamma)), loss)


def _error(form: Form, epsilon: float, constants: tuple[np.ndarray, np.ndarray], loss: np.ndarray) -> np.ndarray:
    """The error at a loss by the k and gamma of one curve, or of many (broadcast)."""
    k, gamma = constants
    if form == "exponential":
        return epsilon - k * np.exp(-gamma * loss)
    with np.errstate(over="ignore"):
        skill = k / epsilon * np.exp(-gamma * loss)
    return epsilon * _share(form, skill)[0]


def fit_exponential(loss: np.ndarray, error: np.ndarray) -> tuple[Curve, bool]:
    """The paper's curve with three free constants, exactly; and whether gamma lies at an end of what was searched."""
    middle = loss.mean()
    found = project(lambda gamma: np.exp(-gamma[:, :, None] * (loss - middle)), error, _GAMMA)
    gamma = float(found.exponents[0])
    return Curve("exponential", found.offset, float(-found.weights[0] * np.exp(gamma * middle)), gamma), found.at_end


def fit_published(loss: np.ndarray, error: np.ndarray) -> Curve | None:
    """The paper's curve by the repository's own search from (1, 1, 1); None where that finds nothing.

    Where a task hardly moves the search ends at a local optimum or on its way to a step; so are some published numbers.
    """

    def curve(at: np.ndarray, k: float, gamma: float, epsilon: float) -> np.ndarray:
        return epsilon - k * np.exp(at) ** -gamma  # ``decay_ours`` of laws.py, to the last digit

    try:
        with np.errstate(over="ignore", invalid="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", OptimizeWarning)
            (k, gamma, epsilon), _ = curve_fit(curve, loss, error, maxfev=10000)
    except RuntimeError:
        return None
    return Curve("exponential", float(epsilon), float(k), float(gamma))


def fit_anchored(
    loss: np.ndarray, error: np.ndarray, epsilon: float, form: Form, weights: np.ndarray
) -> tuple[Curve, float]:
    """A curve whose upper end is known, and the standard deviation of the error about it."""
    problem = _Anchored(loss, error, epsilon, form)
    noise = _NOISE
    at = problem.best_start(weights / noise**2)
    for _ in range(_ROUNDS):
        at = problem.solve(at, weights[None] / noise**2)
        squares = float((weights * problem.residual(at)[0] ** 2).sum())
        noise = float(np.sqrt((squares + _NOISE**2) / (max(weights.sum() - 2, 0) + 1)))
    k, gamma = problem.constants(at)
    return Curve(form, epsilon, float(k[0]), float(gamma[0])), noise


def draw_errors(
    fitted: Curve, loss: np.ndarray, error: np.ndarray, weights: np.ndarray, targets: np.ndarray
) -> np.ndarray:
    """Errors at ``targets`` by refits of an anchored curve, one for each row of weights over noise² (B, n)."""
    problem = _Anchored(loss, error, fitted.epsilon, fitted.form)
    k, gamma = problem.constants(problem.solve(np.repeat(problem.at(fitted), len(weights), axis=0), weights))
    after = tuple(range(1, targets.ndim + 1))
    return _error(fitted.form, fitted.epsilon, (np.expand_dims(k, after), np.expand_dims(gamma, after)), targets)


class _Anchored:
    """Levenberg-Marquardt over the logarithms of slope and of skill at the mean loss, many weightings at once."""

    def __init__(self, loss: np.ndarray, error: np.ndarray, epsilon: float, form: Form):
        self._middle, self._spread = loss.mean(), max(float(loss.std()), 1e-9)
        self._x = (loss - self._middle) / self._spread
        self._error, self._epsilon = error, epsilon
        self._form: Form = form
        self._prior = np.array([0.0, _MIDDLE])
        self._precision = np.array([_SLOPE_SPREAD, _MIDDLE_SPREAD]) ** -2

    def best_start(self, weights: np.ndarray) -> np.ndarray:
        many = np.broadcast_to(weights, (len(_STARTS), len(weights)))
        at = self.solve(_STARTS.copy(), many)
        return at[[int(np.argmin(self._value(at, many)))]]

    def constants(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The k and gamma of each."""
        gamma = np.exp(at[:, 0]) / self._spread
        return self._epsilon * np.exp(np.minimum(at[:, 1] + gamma * self._middle, 690)), gamma

    def at(self, curve: Curve) -> np.ndarray:
        """The parameters of a curve, shape (1, 2)."""
        skill = np.log(curve.k / curve.epsilon) - curve.gamma * self._middle
        return np.array([[np.log(curve.gamma * self._spread), skill]])

    def residual(self, at: np.ndarray) -> np.ndarray:
        return self._look(at)[0]

    def solve(self, at: np.ndarray, weights: np.ndarray) -> np.ndarray:
        damping, value = np.full(len(at), 1e-2), self._value(at, weights)
        for _ in range(_ITERATIONS):
            tried = self._step(at, weights, damping)
            new = self._value(tried, weights)
            better = new <= value
            gain = np.abs(value - new) / (1 + value)
            at, value = np.where(better[:, None], tried, at), np.where(better, new, value)
            damping = np.clip(np.where(better, damping * 0.1, damping * 10), 1e-9, 1e9)
            if np.all(gain < 1e-9):
                break
        return at

    def _look(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Residuals (B, n), and how they change with both parameters (B, 2, n)."""
        steep = np.exp(at[:, :1]) * self._x
        skill = np.exp(np.clip(at[:, 1:] - steep, -60, 60))
        share, fall = _share(self._form, skill)
        change = self._epsilon * fall
        return self._epsilon * share - self._error, np.stack([-change * steep, change], axis=1)

    def _value(self, at: np.ndarray, weights: np.ndarray) -> np.ndarray:
        squares = (weights * self.residual(at) ** 2).sum(axis=1)
        return (squares + ((at - self._prior) ** 2 * self._precision).sum(axis=1)) / 2

    def _step(self, at: np.ndarray, weights: np.ndarray, damping: np.ndarray) -> np.ndarray:
        residual, change = self._look(at)
        curvature = np.einsum("bin,bn,bjn->bij", change, weights, change) + np.diag(self._precision)
        slope = np.einsum("bin,bn->bi", change, weights * residual) + (at - self._prior) * self._precision
        curvature[:, [0, 1], [0, 1]] *= 1 + damping[:, None]
        step = np.linalg.solve(curvature, slope[:, :, None])[:, :, 0]
        return at - np.clip(step, -1, 1)


def _share(form: Form, skill: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The error as a share of its upper end, and its change with the logarithm of the skill."""
    if form == "gompertz":
        share = np.exp(-skill)
        return share, -np.where(share > 0, skill, 0) * share
    if form == "logistic":
        share = 1 / (1 + skill)
        return share, -share * (1 - share)
    return 1 - skill, -skill
