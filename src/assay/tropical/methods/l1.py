"""Structured pruning by the L1 norm (Li et al. 2017)."""

from __future__ import annotations

import numpy as np

from assay.tropical.calibration import Calibration
from assay.tropical.network import Network


def l1(network: Network, units: int, _: Calibration, __: np.random.Generator) -> Network:
    """Keep the units whose input weights have the largest sum of magnitudes."""
    return network.keep(largest_l1(network, units))


def largest_l1(network: Network, units: int) -> np.ndarray:
    """Indices of these units."""
    return np.sort(np.argsort(-np.abs(network.hidden_weights).sum(axis=1), kind="stable")[:units])
