"""The forms of the loss law, and what their constants are called in the paper, in its repository and by Chinchilla.

Chinchilla:    L(N, D) = E + A·N^-alpha + B·D^-beta
Over-training: L(C, M) = E + (a·M^eta + b·M^-eta)·C^-eta, the same with alpha = beta = 2·eta, as N = (C/6M)^½ and
D = (CM/6)^½ (arXiv 2403.08540, equation 4)
Repository:    L(N, M) = alpha·N^b + beta·6^(b/2)·(M·N)^b + E (``powlaw_ours``): its first coefficient is Chinchilla's
A, its second is the paper's b
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FLOPS_PER_PARAMETER_TOKEN = 6.0
"""C = 6·N·D."""


@dataclass(frozen=True)
class Constants:
    """Chinchilla's five; with ``alpha == beta`` the over-training law."""

    E: float
    """The loss that no model gets below, nats a token."""
    A: float
    B: float
    alpha: float
    beta: float

    def loss(self, params: np.ndarray, tokens: np.ndarray) -> np.ndarray:
        """The loss at N and D."""
        return self.E + self.A * np.power(params, -self.alpha) + self.B * np.power(tokens, -self.beta)

    @property
    def tied(self) -> bool:
        """Whether both exponents are one."""
        return self.alpha == self.beta

    def optimal_multiplier(self, flops: float) -> float:
        """The tokens a parameter, M = D/N, with which a budget gives the least loss.

        With one exponent it is the same for every budget: M* = (b/a)^(1/(2·eta)).
        """
        share = self.beta * self.B / (self.alpha * self.A)
        budget = flops / FLOPS_PER_PARAMETER_TOKEN
        params = (budget**self.beta / share) ** (1 / (self.alpha + self.beta))
        return float(budget / params**2)


@dataclass(frozen=True)
class Overtraining:
    """The paper's parameterisation."""

    E: float
    a: float
    b: float
    eta: float

    @classmethod
    def of(cls, constants: Constants) -> Overtraining:
        """From Chinchilla's constants with one exponent: a = A·6^eta, b = B·6^eta."""
        assert constants.tied
        eta = constants.alpha / 2
        six = FLOPS_PER_PARAMETER_TOKEN**eta
        return cls(constants.E, constants.A * six, constants.B * six, eta)

    def constants(self) -> Constants:
        """As Chinchilla's."""
        six = FLOPS_PER_PARAMETER_TOKEN**-self.eta
        return Constants(self.E, self.a * six, self.b * six, 2 * self.eta, 2 * self.eta)

    def loss(self, flops: np.ndarray, multiplier: np.ndarray) -> np.ndarray:
        """The loss at C and M."""
        power = np.power(multiplier, self.eta)
        return self.E + (self.a * power + self.b / power) * np.power(flops, -self.eta)

    @property
    def optimal_multiplier(self) -> float:
        """M* = (b/a)^(1/(2·eta))."""
        return float((self.b / self.a) ** (1 / (2 * self.eta)))

    @property
    def repository(self) -> dict[str, float]:
        """The same in the repository's names: alpha, beta, b and E of ``powlaw_ours``."""
        alpha = self.a * FLOPS_PER_PARAMETER_TOKEN**-self.eta
        return {"alpha": alpha, "beta": self.b, "b": -2 * self.eta, "E": self.E}
