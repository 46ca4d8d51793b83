"""Choice of units by leverage, as in the CUR decomposition (Mahoney and Drineas 2009)."""

from __future__ import annotations

import numpy as np

from assay.tropical.calibration import Calibration
from assay.tropical.methods.qr import weighted_hidden
from assay.tropical.network import Network


def cur(network: Network, units: int, calibration: Calibration, rng: np.random.Generator) -> Network:
    """Keep the units of the largest leverage in the space of the leading ``units`` right singular vectors."""
    hidden = weighted_hidden(network, units, calibration, rng)
    variances, left = np.linalg.eigh(hidden @ hidden.T)
    leading = variances > variances[-1] * 1e-7
    leading[:-units] = False
    right = (left[:, leading].T @ hidden) / np.sqrt(variances[leading])[:, None]
    return network.keep(np.sort(np.argsort(-(right**2).sum(axis=0), kind="stable")[:units]))
