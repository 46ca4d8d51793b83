"""Lines or paragraphs of a document that may be the same.

With ``normalize`` those are meant that are equal after ``strip().lower()``. Here only ASCII is lower-cased, and letters
of other scripts that have capitals count as one and the same letter, so that too many may be found, never too few.
"""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.curation.documents import SLACK
from assay.text.kernels.block import find_byte
from assay.text.kernels.numbers import number_spans
from assay.text.kernels.segments import strip_left, strip_right
from assay.text.kernels.utf8 import decode

_NEWLINE, _BYTE = 10, 0x100
_ANY_LETTER = 0x80
_DOT_ABOVE = 0x307  # "İ".lower() is an i and this
_LIKE_ASCII = ((0x130, ord("i")), (0x212A, ord("k")))  # İ and the Kelvin sign
# Hebrew to Myanmar, CJK to Yi, Hangul: no character here changes by lower(), nor becomes of another.
_WITHOUT_CASE = ((0x590, 0x109F), (0x2E80, 0xA63F), (0xAC00, 0xD7FF))


@kernel
def split_paragraphs(data, offsets):
    """Start and stop of every paragraph: int64 (paragraphs, 2), and where those of each document begin.

    A paragraph lies between two newlines in a row, as str.split gives them.
    """
    row_offsets = np.zeros(len(offsets), np.int64)
    for document in range(len(offsets) - 1):
        stop = offsets[document + 1]
        count = 1
        i = _find_end(data, offsets[document], stop)
        while i < stop:
            count += 1
            i = _find_end(data, i + 2, stop)
        row_offsets[document + 1] = row_offsets[document] + count
    rows = np.empty((row_offsets[-1], 2), np.int64)
    for document in range(len(offsets) - 1):
        begin, stop = offsets[document], offsets[document + 1]
        start = begin
        for row in range(row_offsets[document], row_offsets[document + 1]):
            end = _find_end(data, start, stop)
            rows[row] = start - begin, end - begin
            start = end + 2
    return rows, row_offsets


@helper
def _find_end(data, i, stop):
    """Where the first two newlines in a row stand from byte i on; ``stop`` when there are none."""
    i = find_byte(data, i, stop, _NEWLINE)
    while i < stop and (i + 1 == stop or data[i + 1] != _NEWLINE):
        i = find_byte(data, i + 1, stop, _NEWLINE)
    return i


@kernel
def may_be_repeated(data, offsets, lines, table, normalize):
    """Whether another line of the document may be the same as this one: bool (lines). Blank lines are not.

    ``lines`` are rows of starts and stops, and where those of each document begin.
    """
    rows, line_offsets = lines
    out = np.zeros(len(rows), np.bool_)
    for document in range(len(offsets) - 1):
        offset = offsets[document]
        first, last = line_offsets[document], line_offsets[document + 1]
        count = last - first
        starts, stops = offset + rows[first:last, 0], offset + rows[first:last, 1]
        numbers, occurrences = np.empty(count, np.int32), np.empty(count, np.int32)
        if normalize:
            text = np.empty(offsets[document + 1] - offset + SLACK, np.uint8)
            _fold_lines(data, starts, stops, text, table)
            number_spans(text, starts, stops, numbers, occurrences)
        else:
            number_spans(data, starts, stops, numbers, occurrences)
        for k in range(count):
            out[first + k] = starts[k] < stops[k] and occurrences[numbers[k]] > 1
    return out


@helper
def _fold_lines(data, starts, stops, text, table):
    """Write the lines, stripped and folded, into ``text``, and where they lie there into ``starts`` and ``stops``."""
    size = 0
    for k in range(len(starts)):
        start = strip_left(data, starts[k], stops[k], table)
        stop = strip_right(data, start, stops[k], table)
        starts[k] = size
        size = _fold(data, start, stop, text, size)
        if start < stop and size == starts[k]:  # nothing but dots above
            text[size] = _ANY_LETTER
            size += 1
        stops[k] = size


@helper
def _fold(data, i, stop, text, size):
    """Write one byte a character from byte ``size`` of ``text`` on; where it ends."""
    while i < stop:
        if data[i] < 0x80:
            text[size] = data[i] | 0x20 if 0x41 <= data[i] <= 0x5A else data[i]
            size += 1
            i += 1
            continue
        code, width = decode(data, i)
        i += width
        if code != _DOT_ABOVE:
            text[size] = _folded(code)
            size += 1
    return size


@helper
def _folded(code):
    for character, letter in _LIKE_ASCII:
        if code == character:
            return letter
    for first, last in _WITHOUT_CASE:
        if first <= code <= last:
            return code % _BYTE
    return _ANY_LETTER
