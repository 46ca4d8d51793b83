"""Units merged by the correlation of what they emit (after ZipIt: Stoica et al. 2024)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from assay.tropical.calibration import Calibration
from assay.tropical.network import Network

SAMPLES = 2000
"""At most looked at."""


def zip_merge(network: Network, units: int, calibration: Calibration, rng: np.random.Generator) -> Network:
    """Average linkage by correlation; a group becomes the mean of its units, scaled alike, and its outputs the sum.

    Units that emit the same for all samples become part of the output biases.
    """
    hidden = calibration.hidden[calibration.some(SAMPLES, rng)]
    middle = hidden.mean(axis=0)
    scale = np.linalg.norm(hidden - middle, axis=0)
    moving = scale > 1e-6 * scale.max()
    still = network.output_weights[:, ~moving] @ middle[~moving]
    network = replace(network.keep(np.flatnonzero(moving)), output_biases=network.output_biases + still)
    if network.units <= units:
        return network
    hidden, scale = (hidden - middle)[:, moving] / scale[moving], scale[moving]
    return merge_scaled(network, groups(hidden.T @ hidden, units), scale)


def groups(correlations: np.ndarray, count: int) -> np.ndarray:
    """Labels of exactly so many groups, by average linkage."""
    away = np.clip(1 - (correlations + correlations.T) / 2, 0, 2)
    np.fill_diagonal(away, 0)
    tree = linkage(squareform(away, checks=False), "average")
    tree[:, 2] = np.arange(len(tree))  # of equal distances, too, each merge is a step of its own
    return fcluster(tree, count, "maxclust")


def merge_scaled(network: Network, labels: np.ndarray, scale: np.ndarray) -> Network:
    """Of each group the mean of the units divided by their scale, and the sum of the outputs multiplied by it."""
    _, labels, counts = np.unique(labels, return_inverse=True, return_counts=True)
    generators = np.zeros((len(counts), network.inputs + 1))
    outputs = np.zeros((len(counts), network.outputs))
    np.add.at(generators, labels, network.generators / scale[:, None])
    np.add.at(outputs, labels, (network.output_weights * scale).T)
    dtype = network.hidden_weights.dtype
    return network.with_units((generators / counts[:, None]).astype(dtype), outputs.T.astype(dtype))
