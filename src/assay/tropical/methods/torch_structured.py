"""What torch.nn.utils.prune.ln_structured(n=1, dim=0) on the hidden weights makes of a network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from assay.tropical.calibration import Calibration
from assay.tropical.methods.l1 import largest_l1
from assay.tropical.network import Network


def torch_structured(network: Network, units: int, _: Calibration, __: np.random.Generator) -> Network:
    """As ``l1``; but of a pruned unit the bias stays, which torch does not prune, as a constant of the outputs."""
    kept = largest_l1(network, units)
    pruned = np.setdiff1d(np.arange(network.units), kept)
    constant = network.output_weights[:, pruned] @ np.maximum(network.hidden_biases[pruned], 0)
    return replace(network.keep(kept), output_biases=network.output_biases + constant)
