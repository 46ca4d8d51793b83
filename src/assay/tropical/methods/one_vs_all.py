"""The papers' way with several classes: each output, and each sign of its weights, made smaller for itself.

Smyrnis and Maragos, ICML 2020, section 5, as their released code has it: the copies of the hidden layer are scaled by
the output's weights, made smaller, and put side by side with output weights of 1 and −1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from assay.tropical.calibration import Calibration
from assay.tropical.network import Network

Minimize = Callable[[np.ndarray, np.ndarray, int], np.ndarray]
"""(generators, labels of activated vertices, units) → new generators."""


def one_vs_all(network: Network, units: int, calibration: Calibration, minimize: Minimize) -> Network:
    """Each sign of each output gets units in proportion to those it has, at least one: so it can be more in all."""
    active = calibration.hidden > 0
    classes = calibration.outputs.argmax(axis=1)
    generators, outputs = [], []
    for output, weights in enumerate(network.output_weights):
        importance = sample_weights(classes, output, network.outputs)
        for sign in (1, -1):
            side = np.flatnonzero(sign * weights > 0)
            if not len(side):
                continue
            share = max(1, int(units / network.units * len(side) / network.outputs))
            labels = frequent_labels(active[:, side], importance)
            made = minimize(network.generators[side] * np.abs(weights[side])[:, None], labels, share)
            generators.append(made)
            outputs += [sign * np.eye(network.outputs)[output]] * len(made)
    return network.with_units(np.vstack(generators), np.array(outputs).reshape(-1, network.outputs).T)


def sample_weights(classes: np.ndarray, output: int, outputs: int) -> np.ndarray:
    """A sample of the class counts as much as all of one of each other class."""
    return np.where(classes == output, max(outputs - 1, 1), 1)


def frequent_labels(active: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The different rows of ``active`` (samples, units), the heaviest first, then the first seen: the vertices."""
    packed = np.ascontiguousarray(np.packbits(active, axis=1))
    rows = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, which = np.unique(rows, return_index=True, return_inverse=True)
    counts = np.bincount(which, weights=weights, minlength=len(first))
    return active[first[np.lexsort((first, -counts))]]
