"""Orthogonal matching pursuit (Pati et al. 1993) for several outputs: units chosen for the fit of the outputs."""

from __future__ import annotations

import numpy as np

from assay.tropical.calibration import Calibration
from assay.tropical.network import Network

SAMPLES = 4000
"""At most looked at; twice the number of units where that is more."""


def omp(network: Network, units: int, calibration: Calibration, rng: np.random.Generator) -> Network:
    """Keep the units that, each in turn, lessen the squared error of the refitted outputs most."""
    return network.keep(np.sort(pursue(network, units, calibration, rng)))


def pursue(network: Network, units: int, calibration: Calibration, rng: np.random.Generator) -> np.ndarray:
    """Their indices, in the order of choice."""
    chosen = calibration.some(max(SAMPLES, 2 * units), rng)
    hidden = calibration.hidden[chosen]
    hidden = hidden - hidden.mean(axis=0)
    variances = (hidden**2).sum(axis=0)
    least = 1e-4 * variances.mean() + np.finfo(hidden.dtype).tiny  # what keeps near copies of chosen units out
    left = variances + least
    against = hidden.T @ (hidden @ network.output_weights.T)
    directions = np.zeros((units, network.units), dtype=hidden.dtype)
    order: list[int] = []
    for k in range(units):
        gain = (against**2).sum(axis=1) / left
        gain[order] = -np.inf
        unit = int(gain.argmax())
        order.append(unit)
        direction = (hidden.T @ hidden[:, unit] - directions[:k].T @ directions[:k, unit]) / np.sqrt(left[unit])
        direction[unit] += least / np.sqrt(left[unit])
        directions[k] = direction
        against -= np.outer(direction, against[unit] / direction[unit])
        left = np.maximum(left - direction**2, least)
    return np.array(order)
