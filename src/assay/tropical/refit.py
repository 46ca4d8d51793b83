"""Fit the output layer of a smaller network to what the larger one says of the data."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from scipy.linalg import solve

from assay.tropical.calibration import Calibration
from assay.tropical.network import Network

Refit = Literal["none", "bias", "ridge", "linear"]
RIDGE = 1e-3
"""Penalty on squared output weights, relative to the mean variance of what they weigh."""


def refit(network: Network, calibration: Calibration, kind: Refit) -> Network:
    """By least squares: nothing, the output biases, the output layer, or it and a linear path from the inputs."""
    if kind == "none":
        return network
    if kind == "bias":
        change = (calibration.outputs - network(calibration.data)).mean(axis=0)
        return replace(network, output_biases=network.output_biases + change)
    if kind == "ridge":
        weights, biases = ridge([network.hidden(calibration.data)], calibration.curved)
        return replace(network, output_weights=weights, output_biases=biases, linear=calibration.network.linear)
    blocks = [network.hidden(calibration.data), calibration.data]
    weights, biases = ridge(blocks, calibration.outputs)
    units = network.units
    return replace(network, output_weights=weights[:, :units], output_biases=biases, linear=weights[:, units:])


def linear_fit(calibration: Calibration) -> Network:
    """The best linear function of the inputs: a network without hidden units, the least that any method must beat."""
    return refit(calibration.network.keep(np.zeros(0, dtype=int)), calibration, "linear")


def ridge(blocks: list[np.ndarray], targets: np.ndarray, penalty: float = RIDGE) -> tuple[np.ndarray, np.ndarray]:
    """Weights, shape (outputs, features), and biases of the penalised least squares fit of the targets.

    ``blocks`` are features, shape (samples, ·), each penalised relative to its own mean variance; biases are free.
    """
    features = np.concatenate(blocks, axis=1)
    middle, mean = features.mean(axis=0, dtype=np.float64), targets.mean(axis=0, dtype=np.float64)
    features -= middle.astype(features.dtype)
    gram = np.asarray(features.T @ features, dtype=np.float64)
    gram[np.diag_indices_from(gram)] += penalties(np.diag(gram), [block.shape[1] for block in blocks], penalty)
    against = np.asarray(features.T @ (targets - mean), dtype=np.float64)
    weights = solve(gram, against, assume_a="pos").T if features.shape[1] else against.T
    weights = weights.astype(targets.dtype)
    return weights, (mean - weights @ middle).astype(targets.dtype)


def penalties(variances: np.ndarray, sizes: list[int], penalty: float) -> np.ndarray:
    """What is added to each feature's sum of squares."""
    parts = np.split(variances, np.cumsum(sizes)[:-1])
    return np.concatenate([np.full(len(part), penalty * part.mean() + 1e-9) for part in parts if len(part)] or [[]])
