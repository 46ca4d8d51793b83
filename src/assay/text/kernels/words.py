"""Find the words of a document, and count the words of many."""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.characters import ALNUM as ALNUM_FLAG
from assay.text.characters import SPACE
from assay.text.kernels.eight import (
    ascii_part,
    count_marked,
    digits,
    first_marked,
    letters,
    load_padded,
    newline_bytes,
    separators,
    starts_of_words,
    without_first,
)
from assay.text.kernels.segment import ALNUM, FASTTEXT, GIVEN, next_word
from assay.text.kernels.utf8 import decode

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
        if model == FASTTEXT:
            _count_fasttext(data, start, stop, table, counts[document])
        else:
            _count_document(data, start, stop, table, model, counts[document])
    return counts


@helper
def _count_document(data, start, stop, table, model, counts):
    first, end = next_word(data, start, stop, table, model)
    while first < end:
        _count_word(data, first, end, table, counts)
        first, end = next_word(data, end, stop, table, model)


@helper
def _count_word(data, start, stop, table, counts):
    code, _ = decode(data, start)
    counts[ALL] += 1
    if table[code] & ALNUM_FLAG:
        counts[ALNUM_FIRST] += 1
        counts[NOT_BLANK] += 1
        counts[ALNUM_OR_SPACE_FIRST] += 1
    elif table[code] & SPACE:
        counts[ALNUM_OR_SPACE_FIRST] += 1
        counts[NOT_BLANK] += not is_blank(data, start, stop, table)
    else:
        counts[NOT_BLANK] += 1


@helper
def _count_fasttext(data, start, stop, table, counts):
    """The same for fastText's words, eight bytes at a time: most words begin with a letter or digit of ASCII."""
    plain = newlines = 0
    after_separator = np.uint64(0x80)
    i = start
    while i < stop:
        bytes8 = load_padded(data, i, stop)
        ascii8 = ascii_part(bytes8)
        starts, after_separator = starts_of_words(separators(ascii8) & ~bytes8, after_separator)
        plain8 = starts & (letters(ascii8) | digits(ascii8)) & ~bytes8
        plain += count_marked(plain8)
        newlines += count_marked(newline_bytes(ascii8) & ~bytes8)
        others = starts & ~plain8
        while others:
            first = i + first_marked(others)
            _, end = next_word(data, first, stop, table, FASTTEXT)
            _count_word(data, first, end, table, counts)
            others = without_first(others)
        i += 8
    counts[ALL] += plain + newlines
    counts[NOT_BLANK] += plain + newlines
    counts[ALNUM_FIRST] += plain
    counts[ALNUM_OR_SPACE_FIRST] += plain


@helper
def is_counted(data, start, stop, table, kind):
    """Whether a word is one of those that the column ``kind`` counts."""
    code, _ = decode(data, start)
    if kind == ALNUM_FIRST:
        return table[code] & ALNUM_FLAG != 0
    if kind == ALNUM_OR_SPACE_FIRST:
        return table[code] & (ALNUM_FLAG | SPACE) != 0
    return kind == ALL or not is_blank(data, start, stop, table)


@helper
def is_blank(data, start, stop, table):
    """Whether a span is all white space."""
    while start < stop:
        code, width = decode(data, start)
        if not table[code] & SPACE:
            return False
        start += width
    return True
