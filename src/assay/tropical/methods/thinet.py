"""Greedy choice of units whose contributions add up to the outputs (after ThiNet: Luo et al. 2017)."""

from __future__ import annotations

import numpy as np

from assay.tropical.calibration import Calibration
from assay.tropical.network import Network

SAMPLES = 2000
"""Outputs looked at, each of another sample."""


def thinet(network: Network, units: int, calibration: Calibration, rng: np.random.Generator) -> Network:
    """Keep the units that, added one by one, leave the least squares of what is missing; weights stay as they are."""
    chosen = calibration.some(SAMPLES, rng)
    outputs = rng.integers(network.outputs, size=len(chosen))
    contributions = calibration.hidden[chosen] * network.output_weights[outputs]
    missing = contributions.sum(axis=1)
    sizes = (contributions**2).sum(axis=0)
    kept = []
    for _ in range(units):
        gain = 2 * (missing @ contributions) - sizes
        gain[kept] = -np.inf
        kept.append(int(gain.argmax()))
        missing = missing - contributions[:, kept[-1]]
    return network.keep(np.sort(kept))
