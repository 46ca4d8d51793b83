"""The default: a linear path, the best of two starts, and distillation; without data, units merged by direction."""

from __future__ import annotations

import numpy as np

from assay.tropical.calibration import Calibration
from assay.tropical.methods.distill import descend
from assay.tropical.methods.merge import merge
from assay.tropical.methods.omp import omp
from assay.tropical.network import Network
from assay.tropical.refit import refit


def auto(network: Network, units: int, calibration: Calibration, rng: np.random.Generator) -> Network:
    """Merged units or those of matching pursuit, whichever fits better beside a linear path, then distilled."""
    if not calibration.given:
        return merge(network, units, calibration, rng)
    starts = [method(network, units, calibration, rng) for method in (merge, omp)]
    fits = [refit(start, calibration, "linear") for start in starts]
    errors = [float(((fit(calibration.data) - calibration.outputs) ** 2).mean()) for fit in fits]
    return descend(starts[int(np.argmin(errors))], calibration, rng, linear=True)
