"""Units merged by the correlation of what they emit (after ZipIt: Stoica et al. 2024)."""

from __future__ import annotations

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from assay.tropical.calibration import Calibration
from assay.tropical.network import Network

SAMPLES = 2000
"""At most looked at."""


def zip_merge(network: Network, units: int, calibration: Calibration, rng: np.random.Generator) -> Network:
    """Average linkage by correlation; a group becomes the mean of its units, scaled alike, and its outputs the sum."""
    hidden = calibration.hidden[calibration.some(SAMPLES, rng)]
    hidden = hidden - hidden.mean(axis=0)
    scale = np.linalg.norm(hidden, axis=0) + 1e-9
    away = 1 - (hidden / scale).T @ (hidden / scale)
    away = np.clip((away + away.T) / 2, 0, 2)
    np.fill_diagonal(away, 0)
    if network.units == units:
        return network
    labels = fcluster(linkage(squareform(away, checks=False), "average"), units, "maxclust")
    return merge_scaled(network, labels, scale)


def merge_scaled(network: Network, labels: np.ndarray, scale: np.ndarray) -> Network:
    """Of each group the mean of the units divided by their scale, and the sum of the outputs multiplied by it."""
    _, labels, counts = np.unique(labels, return_inverse=True, return_counts=True)
    generators = np.zeros((len(counts), network.inputs + 1))
    outputs = np.zeros((len(counts), network.outputs))
    np.add.at(generators, labels, network.generators / scale[:, None])
    np.add.at(outputs, labels, (network.output_weights * scale).T)
    dtype = network.hidden_weights.dtype
    return network.with_units((generators / counts[:, None]).astype(dtype), outputs.T.astype(dtype))
