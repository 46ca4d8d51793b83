"""The most likely label of every text."""

from __future__ import annotations

import numpy as np

from assay.base.compile import kernel
from assay.scorers.kernels.dictionary import Dictionary
from assay.scorers.kernels.output import Output, best_label
from assay.scorers.kernels.rows import new_summing, sum_rows


@kernel
def predict(
    data: np.ndarray, offsets: np.ndarray, dictionary: Dictionary, matrix: np.ndarray, output: Output
) -> tuple[np.ndarray, np.ndarray]:
    """The labels (int32, -1 without one) and their probabilities (float32) of the texts, each up to its first newline.

    ``matrix`` (float32) is the model's input matrix.
    """
    texts = len(offsets) - 1
    labels, probabilities = np.full(texts, -1, np.int32), np.zeros(texts, np.float32)
    longest = 0
    for text in range(texts):
        longest = max(longest, offsets[text + 1] - offsets[text])
    summing = new_summing(dictionary, matrix, longest)
    scores, nodes = np.empty(2 * len(output.scales), np.float32), np.empty(2 * len(output.scales), np.int32)
    for text in range(texts):
        rows = sum_rows(data, offsets[text], offsets[text + 1], summing)
        if rows:
            summing.total[:] *= np.float32(1 / rows)
            labels[text], score = best_label(summing.total, output, scores, nodes)
            probabilities[text] = np.exp(score)
    return labels, probabilities
