"""Power laws in compute alone: L = E + scale·C^-eta, or without E."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assay.base.errors import InputError
from assay.scaling.checks import Numbers, numbers, positive
from assay.scaling.projection import project

_EXPONENTS = (1e-4, 2.0)


@dataclass(frozen=True)
class PowerLaw:
    """Loss over compute along one multiplier, where a and b of the over-training law are one constant."""

    E: float
    scale: float
    eta: float

    @classmethod
    def fit(cls, flops: Numbers, loss: Numbers, irreducible: bool = True) -> PowerLaw:
        """Least squares of the loss; without ``irreducible`` of its logarithm, a straight line.

        InputError for fewer than 3 runs (2 without ``irreducible``).
        """
        table = numbers(flops=flops, loss=loss)
        positive(table, "flops", "loss")
        x, y = table.values()
        if len(np.unique(x)) < 2 + irreducible:
            raise InputError(
                f"{len(np.unique(x))} budgets are too few for a power law with {2 + irreducible} constants"
            )
        logs = np.log(x)
        middle = logs.mean()
        if not irreducible:
            slope, height = np.polyfit(logs - middle, np.log(y), 1)
            return cls(0.0, float(np.exp(height - slope * middle)), float(-slope))
        found = project(lambda eta: np.exp(-eta[:, :, None] * (logs - middle)), y, _EXPONENTS)
        eta = float(found.exponents[0])
        return cls(found.offset, float(found.weights[0] * np.exp(eta * middle)), eta)

    def predict(self, flops: Numbers) -> np.ndarray:
        """The loss at a budget."""
        return self.E + self.scale * np.power(np.asarray(flops, float), -self.eta)
