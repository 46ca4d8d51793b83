"""Least squares by variable projection: the paper's fit, free exponents, exponents shared over training sets."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from assay.scaling.forms import Constants
from assay.scaling.projection import project, search, solve

EXPONENTS = (0.01, 3.0)
"""What is searched for an exponent of N or D; published ones lie between 0.15 and 0.75."""


class Powers:
    """N^-alpha and D^-beta of a set of runs, about their geometric means so that nothing overflows."""

    def __init__(self, params: np.ndarray, tokens: np.ndarray):
        logs = np.log(np.stack([params, tokens]))
        self.centre = logs.mean(axis=1)
        self.logs = logs - self.centre[:, None]

    def basis(self, exponents: np.ndarray) -> np.ndarray:
        """Of one exponent for both, shape (G, 1), or one for each, (G, 2): the curves, shape (G, 2, n)."""
        return np.exp(-exponents[:, :, None] * self.logs)

    def constants(self, offset: float, weights: np.ndarray, exponents: np.ndarray) -> Constants:
        """Chinchilla's constants from weights of the centred powers."""
        alpha, beta = np.broadcast_to(exponents, 2)
        a, b = weights * np.exp(np.array([alpha, beta]) * self.centre)
        return Constants(float(offset), float(a), float(b), float(alpha), float(beta))


def fit_tied(params: np.ndarray, tokens: np.ndarray, loss: np.ndarray) -> Constants:
    """The least sum of squares of E + A·N^-x + B·D^-x - loss: the optimum of the paper's 128 starts, exactly."""
    powers = Powers(params, tokens)
    found = project(powers.basis, loss, EXPONENTS)
    return powers.constants(found.offset, found.weights, found.exponents)


def fit_free(params: np.ndarray, tokens: np.ndarray, loss: np.ndarray) -> Constants:
    """The least sum of squares with an exponent for N and one for D."""
    powers = Powers(params, tokens)
    found = project(powers.basis, loss, EXPONENTS, dims=2)
    return powers.constants(found.offset, found.weights, found.exponents)


Points = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Parameters, tokens, loss."""


def fit_joint(groups: Mapping[str, Points], tied: bool = True) -> dict[str, Constants]:
    """Laws of several training sets that share their exponents and nothing else; least squares over all."""
    curves = {name: Powers(params, tokens) for name, (params, tokens, _) in groups.items()}
    losses = {name: loss for name, (_, _, loss) in groups.items()}

    def residual(exponents: np.ndarray) -> np.ndarray:
        return np.sum([solve(each.basis(exponents), losses[name])[0] for name, each in curves.items()], axis=0)

    shared, _ = search(residual, EXPONENTS, 1 if tied else 2)
    laws = {}
    for name, each in curves.items():
        _, weights, offsets = solve(each.basis(shared[None]), losses[name])
        laws[name] = each.constants(offsets[0], weights[0], shared)
    return laws
