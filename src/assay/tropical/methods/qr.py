"""Choice of units by QR decomposition with column pivoting (Businger and Golub 1965)."""

from __future__ import annotations

import numpy as np
from scipy.linalg import qr as decompose

from assay.tropical.calibration import Calibration
from assay.tropical.network import Network

SAMPLES = 1000
"""At least; twice the number of units where that is more."""


def qr(network: Network, units: int, calibration: Calibration, rng: np.random.Generator) -> Network:
    """Keep the units that, each in turn, are farthest from the span of those before."""
    *_, pivots = decompose(weighted_hidden(network, units, calibration, rng), mode="r", pivoting=True)
    return network.keep(np.sort(pivots[:units]))


def weighted_hidden(network: Network, units: int, calibration: Calibration, rng: np.random.Generator) -> np.ndarray:
    """Deviations of what the units emit times the length of their output weights, of some samples."""
    hidden = calibration.hidden[calibration.some(max(SAMPLES, 2 * units), rng)]
    return (hidden - hidden.mean(axis=0)) * np.linalg.norm(network.output_weights, axis=0)
