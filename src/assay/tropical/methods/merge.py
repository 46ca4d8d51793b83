"""Units merged by direction: of max(s·g·x, 0) = s·max(g·x, 0) for s > 0, only the direction of g makes a difference.

Units are scaled to length 1, in the metric of the data where there is data (|g·M|, with M·Mᵀ the second moments of
(x, 1), is the root mean square of g·x); K-means groups their directions by the weight of their outputs. A group becomes
its mean direction, with the sum of its outputs: the sum, unlike the mean of the ICLR 2022 paper, keeps its mass.
"""

from __future__ import annotations

import numpy as np

from assay.tropical.calibration import Calibration
from assay.tropical.kmeans import kmeans
from assay.tropical.network import Network


def merge(network: Network, units: int, calibration: Calibration, rng: np.random.Generator) -> Network:
    """Groups of directions; needs no data, but is better with it."""
    metric = data_metric(calibration) if calibration.given else np.eye(network.inputs + 1)
    generators = network.generators
    seen = generators @ metric
    lengths = np.linalg.norm(seen, axis=1)
    there = lengths > 0
    outputs = network.output_weights[:, there] * lengths[there]
    directions = generators[there] / lengths[there, None]
    weights = np.linalg.norm(outputs, axis=0) + np.finfo(outputs.dtype).tiny
    labels, _ = kmeans(seen[there] / lengths[there, None], units, rng, weights)
    made, total = _merged(directions, outputs, weights, labels)
    return network.with_units(made, total)


def data_metric(calibration: Calibration) -> np.ndarray:
    """M, shape (inputs + 1, inputs + 1), with M·Mᵀ the second moments of (x, 1)."""
    data = np.column_stack([calibration.data, np.ones(len(calibration.data), dtype=calibration.data.dtype)])
    variances, directions = np.linalg.eigh(data.T @ data / len(data))
    return directions * np.sqrt(np.maximum(variances, 0))


def _merged(
    directions: np.ndarray, outputs: np.ndarray, weights: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.diff(labels[order], prepend=-1))
    sums = np.add.reduceat((directions * weights[:, None])[order], starts, axis=0)
    mass = np.add.reduceat(weights[order], starts)
    return sums / mass[:, None], np.add.reduceat(outputs[:, order], starts, axis=1)
