"""Find the words of a document, and count the words of many."""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.characters import ALNUM, SPACE
from assay.text.kernels.segment import FASTTEXT, UAX29, next_word
from assay.text.kernels.utf8 import decode

ALL, NOT_BLANK, ALNUM_FIRST, ALNUM_OR_SPACE_FIRST = range(4)


@helper
def find_words(data, start, stop, table, starts, stops):
    """How many UAX #29 words of a span begin with a letter or number; ``starts`` and ``stops`` say where they lie.

    These two need room for ``stop - start`` words.
    """
    count = 0
    first, end = next_word(data, start, stop, table, UAX29)
    while first < end:
        code, _ = decode(data, first)
        if table[code] & ALNUM:
            starts[count], stops[count] = first, end
            count += 1
        first, end = next_word(data, end, stop, table, UAX29)
    return count


@kernel
def all_words(data: np.ndarray, table: np.ndarray, model: int) -> np.ndarray:
    """Start and end of every word of one document, whose last 8 bytes are slack: int64 (words, 2)."""
    stop = len(data) - 8
    spans = np.empty((stop, 2), np.int64)
    count = 0
    first, end = next_word(data, 0, stop, table, model)
    while first < end:
        spans[count] = first, end
        count += 1
        first, end = next_word(data, end, stop, table, model)
    return spans[:count]


@kernel
def count_words(data: np.ndarray, offsets: np.ndarray, table: np.ndarray, model: int) -> np.ndarray:
    """Words of each document: int64 (documents, 4); the columns are ``ALL`` … ``ALNUM_OR_SPACE_FIRST``.

    fastText's tokenizer gives a word ``</s>`` for every newline; it counts among all and among those not blank.
    """
    counts = np.zeros((len(offsets) - 1, 4), np.int64)
    for document in range(len(counts)):
        start, stop = offsets[document], offsets[document + 1]
        _count_document(data, start, stop, table, model, counts[document])
        if model == FASTTEXT:
            newlines = _count_newlines(data, start, stop)
            counts[document, ALL] += newlines
            counts[document, NOT_BLANK] += newlines
    return counts


@helper
def _count_document(data, start, stop, table, model, counts):
    first, end = next_word(data, start, stop, table, model)
    while first < end:
        code, _ = decode(data, first)
        counts[ALL] += 1
        if table[code] & ALNUM:
            counts[ALNUM_FIRST] += 1
            counts[NOT_BLANK] += 1
            counts[ALNUM_OR_SPACE_FIRST] += 1
        elif table[code] & SPACE:
            counts[ALNUM_OR_SPACE_FIRST] += 1
            counts[NOT_BLANK] += not _is_blank(data, first, end, table)
        else:
            counts[NOT_BLANK] += 1
        first, end = next_word(data, end, stop, table, model)


@helper
def is_counted(data, start, stop, table, kind):
    """Whether a word is one of those that the column ``kind`` counts."""
    code, _ = decode(data, start)
    if kind == ALNUM_FIRST:
        return table[code] & ALNUM != 0
    if kind == ALNUM_OR_SPACE_FIRST:
        return table[code] & (ALNUM | SPACE) != 0
    return kind == ALL or not _is_blank(data, start, stop, table)


@helper
def _is_blank(data, start, stop, table):
    while start < stop:
        code, width = decode(data, start)
        if not table[code] & SPACE:
            return False
        start += width
    return True


@helper
def _count_newlines(data, start, stop):
    count = 0
    for i in range(start, stop):
        count += data[i] == 10
    return count
