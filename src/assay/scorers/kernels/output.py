"""From the mean of a line's rows to a label, in fastText's three ways.

The arithmetic is that of the C++ program, float32 where it has ``real``, so that ties and near ties come out the same.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from assay.base.compile import helper

HIERARCHICAL, NEGATIVE_SAMPLING, SOFTMAX, ONE_VS_ALL = range(1, 5)
"""The losses, by their numbers in a model file; the second and the fourth give labels in the same way."""

_NO_LABEL = -1
_ROOM = 1e-5  # std_log in loss.cc adds it before the logarithm: why probabilities can exceed 1
_LEAST = np.float32(np.log(_ROOM))
_MAX_SIGMOID, _STEPS = 8, 512  # Loss::sigmoid looks the values up


class Output(NamedTuple):
    """The output matrix of a model, and how to use it."""

    loss: int
    matrix: np.ndarray
    """float32: a row a label, or a row an inner node of the tree."""
    scales: np.ndarray
    """float32: a factor for each row's product."""
    children: np.ndarray
    """int32 (nodes, 2): the tree of the hierarchical softmax, leaves first, the root last."""


@helper
def best_label(mean, output, scores, nodes):
    """The label and the logarithm of its probability; the last one of equals. -1 when all are far too improbable.

    ``scores`` (float32) and ``nodes`` (int32) need room for twice the labels.
    """
    if output.loss == HIERARCHICAL:
        return _search_tree(mean, output, scores, nodes)
    labels = len(output.matrix)
    for k in range(labels):
        scores[k] = _product(mean, output, k)
    if output.loss == SOFTMAX:
        _softmax(scores, labels)
    else:
        for k in range(labels):
            scores[k] = _sigmoid(scores[k])
    label, best = _NO_LABEL, np.float32(-np.inf)
    for k in range(labels):
        score = _log(scores[k])
        if score >= best:
            label, best = k, score
    return label, best


@helper
def _product(mean, output, row):
    product = np.float32(0)
    for k in range(len(mean)):
        product += output.matrix[row, k] * mean[k]
    return product * output.scales[row]


@helper
def _log(probability):
    return np.float32(np.log(np.float64(probability) + _ROOM))


@helper
def _softmax(scores, labels):
    highest = scores[0]
    for k in range(labels):
        highest = max(highest, scores[k])
    total = np.float32(0)
    for k in range(labels):
        scores[k] = np.float32(np.exp(np.float64(scores[k] - highest)))
        total += scores[k]
    for k in range(labels):
        scores[k] /= total


@helper
def _sigmoid(score):
    if score < -_MAX_SIGMOID:
        return np.float32(0)
    if score > _MAX_SIGMOID:
        return np.float32(1)
    step = np.int64((score + np.float32(_MAX_SIGMOID)) * np.float32(_STEPS) / np.float32(_MAX_SIGMOID) / np.float32(2))
    x = np.float32(step * 2 * _MAX_SIGMOID) / np.float32(_STEPS) - np.float32(_MAX_SIGMOID)
    return np.float32(1 / (1 + np.float64(np.exp(-x))))


@helper
def _search_tree(mean, output, scores, nodes):
    """The best leaf, depth first, left before right, passing by what cannot be better any more."""
    labels = len(output.scales)
    label, best = _NO_LABEL, np.float32(-np.inf)
    nodes[0], scores[0] = 2 * labels - 2, 0
    waiting = 1
    while waiting:
        waiting -= 1
        node, score = np.int64(nodes[waiting]), scores[waiting]
        if score < _LEAST or score < best:
            continue
        if node < labels:
            label, best = node, score
            continue
        product = _product(mean, output, node - labels)
        right = np.float32(1 / np.float64(np.float32(1) + np.exp(-product)))
        nodes[waiting], nodes[waiting + 1] = output.children[node, 1], output.children[node, 0]
        scores[waiting] = score + _log(right)
        scores[waiting + 1] = score + _log(np.float32(1 - np.float64(right)))
        waiting += 2
    return label, best
