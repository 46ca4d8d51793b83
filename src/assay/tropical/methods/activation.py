"""Pruning by activation: units that move the outputs least go first (after Hu et al. 2016, Molchanov et al. 2017)."""

from __future__ import annotations

import numpy as np

from assay.tropical.calibration import Calibration
from assay.tropical.network import Network


def activation(network: Network, units: int, calibration: Calibration, _: np.random.Generator) -> Network:
    """Keep the units with the largest standard deviation times length of output weights."""
    return network.keep(np.sort(by_influence(network, calibration)[:units]))


def by_influence(network: Network, calibration: Calibration) -> np.ndarray:
    """Indices of all units, the most influential first."""
    influence = calibration.hidden.std(axis=0) * np.linalg.norm(network.output_weights, axis=0)
    return np.argsort(-influence, kind="stable")
