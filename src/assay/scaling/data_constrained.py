"""Repeated data: a token seen again is worth less each time (Muennighoff et al. 2023, arXiv 2305.16264, equations 5 to
7).

Its authors fitted it up to 44 epochs; on their own runs it says half of the loss increase at 14 epochs and a third at
44, so do not trust it beyond about ten.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from assay.scaling.checks import Numbers, ScalingWarning, numbers, positive
from assay.scaling.forms import Constants

_TRUSTED_EPOCHS = 10
PUBLISHED = Constants(
    E=float(np.exp(0.6254804)),
    A=float(np.exp(6.255414)),
    B=float(np.exp(7.3049974)),
    alpha=0.3526596,
    beta=0.3526596,
)
"""Appendix A of the paper."""


@dataclass(frozen=True)
class DataConstrainedLaw:
    """L(N, D, U): D tokens in all, U of them different."""

    base: Constants = PUBLISHED
    data_repeats: float = 15.387756
    """R*_D: repeats after which the worth of more has fallen to 1/e."""
    params_repeats: float = 5.309743
    """R*_N: the same of parameters beyond what U tokens can use."""

    @classmethod
    def fit(
        cls, base: Constants, params: Numbers, tokens: Numbers, unique: Numbers, loss: Numbers
    ) -> DataConstrainedLaw:
        """Both repeats to runs with repeated data, the base law being given; least squares of log L."""
        table = numbers(params=params, tokens=tokens, unique=unique, loss=loss)
        positive(table, *table.columns)
        n, d, u, y = table.values()

        def residual(logs: np.ndarray) -> np.ndarray:
            return np.log(cls(base, *np.exp(logs))._loss(n, d, u) / y)

        start = np.log([cls.data_repeats, cls.params_repeats])
        found = least_squares(residual, start, bounds=(np.log(0.05), np.log(1e4)))
        return cls(base, *map(float, np.exp(found.x)))

    def predict(self, params: Numbers, tokens: Numbers, unique: Numbers) -> np.ndarray:
        """The loss. Warns beyond ten epochs."""
        n, d, u = (np.asarray(each, float) for each in (params, tokens, unique))
        epochs = float(np.max(d / u))
        if epochs > _TRUSTED_EPOCHS:
            text = (
                f"{epochs:.0f} epochs: beyond about {_TRUSTED_EPOCHS} this law says far too little of what repeats cost"
            )
            warnings.warn(text, ScalingWarning, stacklevel=2)
        return self._loss(n, d, u)

    def _loss(self, params: np.ndarray, tokens: np.ndarray, unique: np.ndarray) -> np.ndarray:
        law = self.base
        unique = np.minimum(unique, tokens)
        balance = (law.alpha * law.A / (law.beta * law.B)) ** (1 / (law.alpha + law.beta))
        used = np.minimum(params, (unique * balance) ** (law.beta / law.alpha) * balance)
        return law.loss(_worth(params, used, self.params_repeats), _worth(tokens, unique, self.data_repeats))


def _worth(total: np.ndarray, unique: np.ndarray, repeats: float) -> np.ndarray:
    """What ``total`` is worth, of which ``unique`` are new, in new ones."""
    return unique * (1 + repeats * -np.expm1(-(total / unique - 1) / repeats))
