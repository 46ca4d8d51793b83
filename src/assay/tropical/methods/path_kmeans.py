"""Neural path K-means for several outputs (Misiakos et al., ICLR 2022, algorithm 2)."""

from __future__ import annotations

import numpy as np

from assay.tropical.calibration import Calibration
from assay.tropical.kmeans import kmeans
from assay.tropical.network import Network


def path_kmeans(network: Network, units: int, _: Calibration, rng: np.random.Generator) -> Network:
    """K-means of the rows (weights, bias, output weights); a centre is the unit and its output weights."""
    centres = kmeans(paths(network), units, rng)[1]
    return network.with_units(centres[:, : network.inputs + 1], centres[:, network.inputs + 1 :].T)


def path_kmeans_sum(network: Network, units: int, _: Calibration, rng: np.random.Generator) -> Network:
    """With the sums of the clusters' output weights in place of their means, which lose the mass of the cluster."""
    labels, centres = kmeans(paths(network), units, rng)
    sizes = np.bincount(labels, minlength=len(centres)).astype(centres.dtype)
    return network.with_units(centres[:, : network.inputs + 1], centres[:, network.inputs + 1 :].T * sizes)


def paths(network: Network) -> np.ndarray:
    """Rows (weights, bias, output weights) of the units."""
    return np.column_stack([network.generators, network.output_weights.T])
