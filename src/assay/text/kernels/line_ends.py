"""How lines begin and end, and which of their words is the longest.

``lines`` are rows that begin with the columns ``start`` and ``stop`` of ``kernels.lines``, and where those of each
document begin; the results have one entry a line.
"""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.characters import ALNUM, DECIMAL
from assay.text.kernels.block import count_characters
from assay.text.kernels.segment import next_word
from assay.text.kernels.segments import strip_right
from assay.text.kernels.utf8 import decode
from assay.text.kernels.words import is_counted

OTHER, TERMINAL, ELLIPSIS = range(3)
"""A line ends with none of ``.!?"…``; with one of them; with ``...`` or ``…``."""

_DOT, _UNDERSCORE, _S = ord("."), ord("_"), ord("s")
_TERMINALS = (_DOT, ord("!"), ord("?"), ord('"'))


@kernel
def line_endings(data, offsets, lines, table):
    """How each line ends, white space aside: uint8."""
    rows, line_offsets = lines
    out = np.empty(len(rows), np.uint8)
    for document in range(len(offsets) - 1):
        offset = offsets[document]
        for line in range(line_offsets[document], line_offsets[document + 1]):
            start = offset + rows[line, 0]
            out[line] = _ending(data, start, strip_right(data, start, offset + rows[line, 1], table))
    return out


@helper
def _ending(data, start, stop):
    if stop - start >= 3:
        a, b, c = data[stop - 3], data[stop - 2], data[stop - 1]
        if (a == _DOT and b == _DOT and c == _DOT) or (a == 0xE2 and b == 0x80 and c == 0xA6):  # "…" in UTF-8
            return ELLIPSIS
    return TERMINAL if stop > start and data[stop - 1] in _TERMINALS else OTHER


@kernel
def may_be_counters(data, offsets, lines, table):
    """Whether the first character of each line that is a word character of ``re`` is a decimal, and the last an s."""
    rows, line_offsets = lines
    out = np.empty(len(rows), np.bool_)
    for document in range(len(offsets) - 1):
        offset = offsets[document]
        for line in range(line_offsets[document], line_offsets[document + 1]):
            start, stop = offset + rows[line, 0], offset + rows[line, 1]
            out[line] = _begins_with_decimal(data, start, stop, table) and _ends_with_s(data, start, stop, table)
    return out


@helper
def _begins_with_decimal(data, i, stop, table):
    while i < stop:
        code, width = decode(data, i)
        if table[code] & ALNUM or code == _UNDERSCORE:
            return table[code] & DECIMAL != 0
        i += width
    return False


@helper
def _ends_with_s(data, start, stop, table):
    while stop > start:
        stop -= 1
        if data[stop] & 0xC0 == 0x80:
            continue
        code, _ = decode(data, stop)
        if table[code] & ALNUM or code == _UNDERSCORE:
            return code | 0x20 == _S
    return False


@kernel
def longest_words(data, offsets, lines, among, table, words):
    """Characters of the longest word of each line, 0 without one, and 0 for the lines not ``among``: int64.

    ``words`` are a model, one of ``kernels.segment``, and which of its words count, of ``kernels.words``.
    """
    rows, line_offsets = lines
    model, kind = words
    out = np.zeros(len(rows), np.int64)
    for document in range(len(offsets) - 1):
        offset = offsets[document]
        for line in range(line_offsets[document], line_offsets[document + 1]):
            if among[line]:
                start, stop = offset + rows[line, 0], offset + rows[line, 1]
                out[line] = _longest_word(data, start, stop, table, model, kind)
    return out


@helper
def _longest_word(data, start, stop, table, model, kind):
    longest = 0
    first, end = next_word(data, start, stop, table, model)
    while first < end:
        if end - first > longest and is_counted(data, first, end, table, kind):
            longest = max(longest, count_characters(data, first, end))
        first, end = next_word(data, end, stop, table, model)
    return longest
