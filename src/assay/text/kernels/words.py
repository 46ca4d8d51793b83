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
from assay.text.kernels.edges import find_words
from assay.text.kernels.segment import FASTTEXT, next_word
from assay.text.kernels.utf8 import decode

_NEWLINE = 10

ALL, NOT_BLANK, ALNUM_FIRST, ALNUM_OR_SPACE_FIRST = range(4)


@kernel
def all_words(data: np.ndarray, table: np.ndarray, model: int) -> np.ndarray:
    """Start and end of every word of one document, which ends with slack: int64 (words, 2)."""
    stop = len(data) - SLACK
    edges = np.empty(2 * stop + BLOCK, np.int64)
    count = find_words(data, 0, stop, table, model, edges)
    return edges[: 2 * count].reshape(-1, 2)


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
    """The same for fastText's words, a block at a time: most words begin with a letter or digit of ASCII."""
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
            _, end = next_word(data, first, stop, table, FASTTEXT)
            _count_word(data, first, end, table, counts)
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
