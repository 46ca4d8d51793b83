"""Count words."""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.curation.documents import SLACK
from assay.text.characters import ALNUM as ALNUM_FLAG
from assay.text.characters import SPACE
from assay.text.kernels.block import (
    BLOCK,
    LAST,
    ONE,
    ascii_alnum,
    below,
    count_bits,
    count_byte,
    first_bit,
    separators,
    without_first,
)
from assay.text.kernels.segment import fasttext_end, next_word
from assay.text.kernels.utf8 import decode

_NEWLINE = 10

ALL, NOT_BLANK, ALNUM_FIRST, ALNUM_OR_SPACE_FIRST = range(4)


@kernel
def all_words(data: np.ndarray, table: np.ndarray, model: int) -> np.ndarray:
    """Start and end of every word of one document, which ends with slack: int64 (words, 2)."""
    stop = len(data) - SLACK
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
    """Words of each document: int64 (documents, 4); the columns are ``ALL`` … ``ALNUM_OR_SPACE_FIRST``."""
    counts = np.zeros((len(offsets) - 1, 4), np.int64)
    for document in range(len(counts)):
        stop = offsets[document + 1]
        first, end = next_word(data, offsets[document], stop, table, model)
        while first < end:
            _count_word(data, first, end, table, counts[document])
            first, end = next_word(data, end, stop, table, model)
    return counts


@kernel
def count_fasttext_words(data: np.ndarray, offsets: np.ndarray, table: np.ndarray) -> np.ndarray:
    """The same for fastText's tokenizer, a block at a time: most words begin with a letter or digit of ASCII.

    It gives a word ``</s>`` for every newline, which counts among all and among those not blank.
    """
    counts = np.zeros((len(offsets) - 1, 4), np.int64)
    for document in range(len(counts)):
        _count_fasttext(data, offsets[document], offsets[document + 1], table, counts[document])
    return counts


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
    plain = 0
    before = ONE  # whether the byte before the block separates
    for i in range(start, stop, BLOCK):
        separator = separators(data, i)
        starts = ~separator & (separator << ONE | before) & below(stop - i)
        before = separator >> LAST
        others = starts & ~ascii_alnum(data, i)
        plain += count_bits(starts ^ others)
        while others:
            first = i + first_bit(others)
            _count_word(data, first, fasttext_end(data, first, stop), table, counts)
            others = without_first(others)
    newlines = count_byte(data, start, stop, _NEWLINE)
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
