"""The different whitespace words of many documents, and how to cut each of them into smaller words."""

from __future__ import annotations

import numpy as np

from assay.base.compile import kernel
from assay.text.kernels.block import BLOCK
from assay.text.kernels.edges import find_words
from assay.text.kernels.numbers import number_spans
from assay.text.kernels.segment import SPLIT


@kernel
def number_runs(data: np.ndarray, offsets: np.ndarray, table: np.ndarray):
    """The words that str.split() gives, with equal numbers for equal ones.

    ``spans`` int64 (words, 2); ``bounds`` int64 (documents + 1): those of document d are
    ``spans[bounds[d]:bounds[d + 1]]``; ``numbers`` int32 (words), from 0 on in the order of first appearance;
    ``firsts`` int64 (different words): where each appears first.
    """
    edges = np.empty(offsets[-1] - offsets[0] + len(offsets) + BLOCK, np.int64)
    bounds = np.zeros(len(offsets), np.int64)
    for document in range(len(offsets) - 1):
        done = bounds[document]
        found = find_words(data, offsets[document], offsets[document + 1], table, SPLIT, edges[2 * done :])
        bounds[document + 1] = done + found
    count = bounds[-1]
    numbers, occurrences = np.empty(count, np.int32), np.empty(count, np.int32)
    spans = edges[: 2 * count].reshape(-1, 2).copy()
    number_spans(data, spans[:, 0], spans[:, 1], numbers, occurrences)
    firsts = np.empty(count, np.int64)
    different = 0
    for k in range(count):
        if numbers[k] == different:
            firsts[different] = k
            different += 1
    return spans, bounds, numbers, firsts[:different]


@kernel
def cut_runs(
    offsets: np.ndarray,
    spans: np.ndarray,
    bounds: np.ndarray,
    numbers: np.ndarray,
    ends: np.ndarray,
    ends_from: np.ndarray,
):
    """Cut every run into words: those of run number r end at its bytes ``ends[ends_from[r]:ends_from[r + 1]]``.

    Returns the words, counted from where their document begins, and their bounds, as ``number_runs`` does.
    """
    total = 0
    for number in numbers:
        total += ends_from[number + 1] - ends_from[number]
    words = np.empty((total, 2), np.int64)
    word_bounds = np.zeros(len(bounds), np.int64)
    count = 0
    for document in range(len(bounds) - 1):
        for k in range(bounds[document], bounds[document + 1]):
            begin = spans[k, 0] - offsets[document]
            reached = begin
            for e in range(ends_from[numbers[k]], ends_from[numbers[k] + 1]):
                words[count] = reached, begin + ends[e]
                reached = begin + ends[e]
                count += 1
        word_bounds[document + 1] = count
    return words, word_bounds
