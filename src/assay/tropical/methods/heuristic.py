"""Division by a sampled divisor: new units are differences of the vertices that samples activate most.

Smyrnis and Maragos 2019, algorithm of section 4, and ICML 2020, algorithm 1, as their released code has it. The
quotient is a constant: the change of the output biases (refit "bias"). The differences compound: do not rank by it.
"""

from __future__ import annotations

import numpy as np

from assay.tropical.calibration import Calibration
from assay.tropical.methods.one_vs_all import one_vs_all
from assay.tropical.network import Network


def heuristic(network: Network, units: int, calibration: Calibration, rng: np.random.Generator) -> Network:
    """Unit 0 is the vertex activated most, unit i the i-th such vertex less an earlier unit drawn at random."""

    def minimize(generators: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
        vertices = labels[:count] @ generators
        return differences(vertices, [int(rng.integers(i)) for i in range(1, len(vertices))])

    return one_vs_all(network, units, calibration, minimize)


def differences(vertices: np.ndarray, earlier: list[int]) -> np.ndarray:
    """The units: vertex i less the unit ``earlier[i - 1]``, which is one before it."""
    units = np.zeros_like(vertices)
    units[:1] = vertices[:1]
    for i, j in enumerate(earlier, start=1):
        units[i] = vertices[i] - units[j]
    return units
