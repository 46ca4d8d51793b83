"""Find the words of a document, and count the words of many."""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.characters import ALNUM as ALNUM_FLAG
from assay.text.characters import SPACE
from assay.text.kernels.segment import ALNUM, FASTTEXT, GIVEN, next_word
from assay.text.kernels.utf8 import decode, find_newline

ALL, NOT_BLANK, ALNUM_FIRST, ALNUM_OR_SPACE_FIRST = range(4)


@helper
def find_words(data, start, stop, table, starts, stops):
    """How many UAX #29 words of a span begin with a letter or number; ``starts`` and ``stops`` say where they lie.

    These two need room for ``stop - start`` words.
    """
    return find_words_of(data, (start, stop), table, ALNUM, (starts, stops))


@helper
def find_words_of(data, span, table, model, room):
    """The same for the words of a model of ``segment.py``; ``span`` and ``room`` are pairs of starts and stops."""
    start, stop = span
    starts, stops = room
    count = 0
    first, end = next_word(data, start, stop, table, model)
    while first < end:
        starts[count], stops[count] = first, end
        count += 1
        first, end = next_word(data, end, stop, table, model)
    return count


@helper
def document_words(data, offsets, table, words, document, room):
    """Write where the words of a document lie into ``room``, their starts and stops; how many there are.

    ``words`` is a tuple: a model of ``segment.py``, ``spans`` (int64 (n, 2)) and ``bounds`` (int64). For the model
    ``GIVEN``, they are ``spans[bounds[document]:bounds[document + 1]]``, counted from where the document begins.
    """
    model, spans, bounds = words
    starts, stops = room
    begin = offsets[document]
    if model != GIVEN:
        return find_words_of(data, (begin, offsets[document + 1]), table, model, room)
    first = bounds[document]
    count = bounds[document + 1] - first
    for k in range(count):
        starts[k] = begin + spans[first + k, 0]
        stops[k] = begin + spans[first + k, 1]
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
        if table[code] & ALNUM_FLAG:
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
    i = find_newline(data, start, stop)
    while i < stop:
        count += 1
        i = find_newline(data, i + 1, stop)
    return count
