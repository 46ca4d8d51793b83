"""Units drawn at random: what every method must beat."""

from __future__ import annotations

import numpy as np

from assay.tropical.calibration import Calibration
from assay.tropical.network import Network


def random_units(network: Network, units: int, _: Calibration, rng: np.random.Generator) -> Network:
    """Keep units drawn without replacement."""
    return network.keep(np.sort(rng.choice(network.units, units, replace=False)))
