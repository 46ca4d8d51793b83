"""Distillation: all weights of a smaller network fitted to what the larger one says of the data, without labels.

The output layer is always the best for the hidden one (variable projection: Golub and Pereyra 1973), so only the hidden
weights are searched, by L-BFGS. A fifth of the samples is held out, and the best weights for these are taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

from assay.tropical.calibration import Calibration
from assay.tropical.methods.merge import merge
from assay.tropical.network import Network
from assay.tropical.refit import penalties

HELD_OUT = 0.2
MOST_STEPS = 200
MOST_WORK = 1.2e11
"""Multiply-adds that may be spent, some ten seconds of a core: there are fewer steps where each costs more."""
PENALTY = 1e-3
"""As in ``assay.tropical.refit``."""


def distill(network: Network, units: int, calibration: Calibration, rng: np.random.Generator) -> Network:
    """From units merged by direction."""
    return descend(merge(network, units, calibration, rng), calibration, rng, linear=False)


def descend(start: Network, calibration: Calibration, rng: np.random.Generator, linear: bool) -> Network:
    """Better hidden weights than those of ``start``; its output layer, and the linear path, are for refit to find."""
    order = rng.permutation(len(calibration.data))
    held_out = max(1, round(HELD_OUT * len(order)))
    targets = calibration.outputs if linear else calibration.curved
    problem = _Problem(calibration.data[order[held_out:]], targets[order[held_out:]], start.units, linear=linear)
    best = _Best(start, problem, calibration.data[order[:held_out]], targets[order[:held_out]])
    if len(order) > held_out:
        weights = _scaled(start, problem.data)
        best.look(weights)
        minimize(
            problem,
            weights,
            jac=True,
            method="L-BFGS-B",
            callback=best.look,
            options={"maxiter": problem.steps, "maxfun": problem.steps},
        )
    return best.network


def _scaled(start: Network, data: np.ndarray) -> np.ndarray:
    """Its hidden weights, flat, with units scaled to emit 1 in root mean square."""
    sizes = np.sqrt((start.hidden(data) ** 2).mean(axis=0))
    generators = start.generators / np.where(sizes > 0, sizes, 1)[:, None]
    return generators.astype(np.float64).ravel()


class _Problem:
    """Squared error of the best output layer, and its slope in the hidden weights."""

    def __init__(self, data: np.ndarray, targets: np.ndarray, units: int, linear: bool):
        self.data, self.units, self.linear = data, units, linear
        self.mean = targets.mean(axis=0)
        self.targets = targets - self.mean
        self.scale = float((self.targets.astype(np.float64) ** 2).sum()) or 1.0
        self.middle = data.mean(axis=0)
        self.centred = data - self.middle if linear else data[:, :0]
        self.moments = self.centred.T @ self.centred
        features = units + self.centred.shape[1]
        work = len(data) * units * (4 * data.shape[1] + features) + features**3 / 3
        self.steps = int(np.clip(MOST_WORK / work, 5, MOST_STEPS))
        self.penalty = np.zeros(0)
        self.solved = (np.zeros(0), np.zeros(0), np.zeros(0))

    def __call__(self, weights: np.ndarray) -> tuple[float, np.ndarray]:
        hidden, active, mean = self.features(weights)
        outputs = self.outputs(hidden)
        self.solved = weights.copy(), mean, outputs
        left = self.targets - hidden @ outputs[: self.units] - self.centred @ outputs[self.units :]
        loss = (left**2).sum() + (self.penalty[:, None] * outputs**2).sum()
        towards = -2 * (left @ outputs[: self.units].T) * active
        slope = np.column_stack([towards.T @ self.data, towards.sum(axis=0)])
        return float(loss) / self.scale, slope.astype(np.float64).ravel() / self.scale

    def solve(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The means of what the hidden units emit, and the best weights of the outputs; the last ones are kept."""
        if not np.array_equal(self.solved[0], weights):
            self(weights)
        return self.solved[1:]

    def features(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What the hidden units emit less the mean, where they are active, and the mean."""
        generators = weights.reshape(self.units, -1).astype(self.data.dtype)
        hidden = self.data @ generators[:, :-1].T + generators[:, -1]
        active = hidden > 0
        hidden *= active
        mean = hidden.mean(axis=0)
        return hidden - mean, active, mean

    def outputs(self, hidden: np.ndarray) -> np.ndarray:
        """The best weights of the outputs, shape (features, outputs)."""
        cross = hidden.T @ self.centred
        gram = np.block([[hidden.T @ hidden, cross], [cross.T, self.moments]]).astype(np.float64)
        if not len(self.penalty):  # of the first step: the loss must not change between steps
            self.penalty = penalties(np.diag(gram), [self.units, self.centred.shape[1]], PENALTY)
        gram[np.diag_indices_from(gram)] += self.penalty
        against = np.vstack([hidden.T @ self.targets, self.centred.T @ self.targets])
        return cho_solve(cho_factor(gram, overwrite_a=True), against).astype(hidden.dtype)


@dataclass
class _Best:
    """The best network seen, by samples held out."""

    network: Network
    problem: _Problem
    data: np.ndarray
    targets: np.ndarray
    error: float = field(default=np.inf)

    def look(self, weights: np.ndarray) -> None:
        """Take these weights if they are better."""
        problem = self.problem
        mean, outputs = problem.solve(weights)
        generators = weights.reshape(problem.units, -1).astype(self.data.dtype)
        emitted = np.maximum(self.data @ generators[:, :-1].T + generators[:, -1], 0) - mean
        said = emitted @ outputs[: problem.units] + problem.mean
        if problem.linear:
            said += (self.data - problem.middle) @ outputs[problem.units :]
        error = float(((said - self.targets) ** 2).mean())
        if error < self.error:
            self.error = error
            self.network = self.network.with_units(generators, outputs[: problem.units].T)
