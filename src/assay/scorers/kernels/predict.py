"""The most likely label of every text."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from assay.base.compile import kernel
from assay.scorers.kernels.dictionary import Dictionary
from assay.scorers.kernels.output import Output, best_label
from assay.scorers.kernels.rows import new_summing, sum_rows


class Best(NamedTuple):
    """What was found for each text."""

    labels: np.ndarray
    probabilities: np.ndarray


def predict(
    data: np.ndarray, offsets: np.ndarray, dictionary: Dictionary, matrix: np.ndarray, output: Output
) -> tuple[np.ndarray, np.ndarray]:
    """The labels (int32, -1 without one) and their probabilities (float32) of the texts, each up to its first newline.

    ``matrix`` (float32) is the model's input matrix.
    """
    texts = len(offsets) - 1
    best = Best(np.full(texts, -1, np.int32), np.zeros(texts, np.float32))
    room = 2 * len(output.scales)
    waiting = np.empty(room, np.float32), np.empty(room, np.int32)
    _predict(data, offsets, new_summing(dictionary, matrix, np.diff(offsets).max(initial=0)), output, waiting, best)
    return best


@kernel
def _predict(data, offsets, summing, output, waiting, best):
    scores, nodes = waiting
    for text in range(len(offsets) - 1):
        rows = sum_rows(data, offsets[text], offsets[text + 1], summing)
        if rows:
            for k in range(len(summing.total)):
                summing.total[k] *= np.float32(1 / rows)
            best.labels[text], score = best_label(summing.total, output, scores, nodes)
            best.probabilities[text] = np.exp(score)
