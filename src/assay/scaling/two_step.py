"""The two-step ladder (Bhagia et al. 2024, arXiv 2412.04403): size and tokens → a task's own loss → its accuracy.

The task loss (bits a byte of the right answer) follows a loss law, and accuracy is a sigmoid of it with free ends:
acc = a/(1 + exp(-k·(L - L0))) + b, a from -1 to 0, b from 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from assay.base.errors import InputError
from assay.scaling.checks import Numbers, numbers, positive, shares
from assay.scaling.loss_law import LossLaw

_FEWEST = 4


@dataclass(frozen=True)
class Sigmoid:
    """Accuracy over task loss."""

    a: float
    b: float
    k: float
    middle: float

    @classmethod
    def fit(cls, loss: Numbers, accuracy: Numbers, anchored: bool = True) -> Sigmoid:
        """Least squares. ``anchored`` adds the point that a loss of 0 means an accuracy of 1, as the ladder does."""
        table = numbers(loss=loss, accuracy=accuracy)
        positive(table, "loss")
        shares(table, "accuracy")
        x, y = table.values()
        if len(x) < _FEWEST:
            raise InputError(f"{len(x)} runs are too few for a sigmoid with four constants")
        if anchored:
            x, y = np.append(x, 0.0), np.append(y, 1.0)

        def residual(at: np.ndarray) -> np.ndarray:
            return cls(*at).accuracy(x) - y

        start = np.array([-0.8, 1.0, 3.0, float(np.median(x))])
        bounds = ([-1.0, 0.0, 1e-3, 0.0], [0.0, 1.0, 100.0, 10 * float(x.max())])
        found = least_squares(residual, start, bounds=bounds)
        return cls(*map(float, found.x))

    def accuracy(self, loss: Numbers) -> np.ndarray:
        """The accuracy at a task loss, within [0, 1]."""
        steep = np.clip(self.k * (np.asarray(loss, float) - self.middle), -700, 700)
        return np.clip(self.a / (1 + np.exp(-steep)) + self.b, 0, 1)


@dataclass(frozen=True)
class TaskLadder:
    """Both steps of one task."""

    first: LossLaw
    second: Sigmoid

    @classmethod
    def fit(cls, params: Numbers, tokens: Numbers, task_loss: Numbers, accuracy: Numbers) -> TaskLadder:
        """Both steps to the same runs, the first by the default rule."""
        return cls(LossLaw.fit(params, tokens, task_loss), Sigmoid.fit(task_loss, accuracy))

    def predict(self, params: Numbers, tokens: Numbers) -> np.ndarray:
        """The accuracy at N and D."""
        return self.second.accuracy(self.first.predict(params, tokens))
