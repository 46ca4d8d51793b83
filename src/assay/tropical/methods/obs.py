"""Optimal brain surgeon on units: backward elimination with exact compensation (Hassibi and Stork 1993)."""

from __future__ import annotations

import numpy as np

from assay.tropical.calibration import Calibration
from assay.tropical.methods.omp import pursue
from assay.tropical.network import Network

MOST_UNITS = 1500
"""Elimination costs units³: of more than these, it starts from twice those wanted, chosen by matching pursuit."""
_RIDGE = 1e-4


def obs(network: Network, units: int, calibration: Calibration, rng: np.random.Generator) -> Network:
    """Drop units one by one, each time the one without which the refitted outputs change least."""
    candidates = np.arange(network.units)
    if network.units > MOST_UNITS:
        candidates = np.sort(pursue(network, min(2 * units, network.units), calibration, rng))
    hidden = calibration.hidden[:, candidates]
    middle = hidden.mean(axis=0, dtype=np.float64)
    gram = np.asarray(hidden.T @ hidden, dtype=np.float64) / len(hidden) - np.outer(middle, middle)
    gram[np.diag_indices_from(gram)] += _RIDGE * np.trace(gram) / len(gram) + 1e-12
    return network.keep(candidates[eliminate(gram, network.output_weights[:, candidates].astype(float), units)])


def eliminate(gram: np.ndarray, weights: np.ndarray, units: int) -> np.ndarray:
    """Indices of the units left, given the (positive definite) second moments of all and their output weights."""
    inverse, weights = np.linalg.inv(gram), weights.copy()
    alive = np.ones(len(gram), dtype=bool)
    for _ in range(len(gram) - units):
        cost = np.where(alive, (weights**2).sum(axis=0) / np.where(alive, np.diag(inverse), 1), np.inf)
        unit = int(cost.argmin())
        share = inverse[:, unit] / inverse[unit, unit]
        weights -= np.outer(weights[:, unit], share)
        inverse -= np.outer(share, inverse[unit])
        alive[unit] = False
    return np.flatnonzero(alive)
