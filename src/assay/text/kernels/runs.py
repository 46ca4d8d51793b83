"""The different whitespace words of many documents, and what the smaller words say into which each of them is cut."""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.kernels.block import BLOCK
from assay.text.kernels.edges import find_words
from assay.text.kernels.numbers import number_spans
from assay.text.kernels.segment import SPLIT

NEITHER, ENDS, BEGINS = range(3)
"""What a word does to a sentence."""

_BLANK = ord(" ")


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


@kernel
def count_sentences(
    data: np.ndarray, offsets: np.ndarray, spans: np.ndarray, bounds: np.ndarray, numbers: np.ndarray, words: tuple
):
    """How many sentences each document has, int64.

    ``words`` are the kinds of all words of the runs, by the numbers of these, and where those of each begin. White
    space between runs is a word too, which begins a sentence, unless it is one blank.
    """
    kinds, kinds_from = words
    counts = np.zeros(len(offsets) - 1, np.int64)
    for document in range(len(counts)):
        reached, stop = offsets[document], offsets[document + 1]
        counts[document] = stop > reached
        ended = False
        for k in range(bounds[document], bounds[document + 1]):
            if ended and not _is_blank(data, reached, spans[k, 0]):
                counts[document] += 1
                ended = False
            for word in range(kinds_from[numbers[k]], kinds_from[numbers[k] + 1]):
                if kinds[word] == ENDS:
                    ended = True
                elif ended and kinds[word] == BEGINS:
                    counts[document] += 1
                    ended = False
            reached = spans[k, 1]
        if ended and reached < stop and not _is_blank(data, reached, stop):
            counts[document] += 1
    return counts


@helper
def _is_blank(data, i, stop):
    return stop - i == 1 and data[i] == _BLANK
