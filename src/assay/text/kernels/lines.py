"""Lines as they lie between newlines, and what is measured on each.

They are not stripped, a return before the newline belongs to the line, and a text of n newlines has n + 1 lines.
"""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel, subkernel
from assay.text.characters import DIGIT, UPPER
from assay.text.kernels.block import (
    BLOCK,
    LAST,
    NOTHING,
    ONE,
    ascii_capitals,
    ascii_digits,
    below,
    continuations,
    count_bits,
    count_byte,
    count_characters,
    find_byte,
    first_bit,
    wide_leads,
    without_first,
)
from assay.text.kernels.edges import find_spaces
from assay.text.kernels.segments import strip_left, strip_right
from assay.text.kernels.utf8 import decode

COLUMNS = ("start", "stop", "characters", "words", "capitals", "digits")
_START, _STOP, _CHARACTERS, _WORDS, _CAPITALS, _DIGITS = range(len(COLUMNS))

_NEWLINE = 10


@kernel
def measure_lines(data: np.ndarray, offsets: np.ndarray, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every line: int32 (lines, len(COLUMNS)), and where the lines of each document begin: int64 (documents + 1).

    ``start`` and ``stop`` are counted from the beginning of the document, which must have less than 2 GiB; words are
    those of str.split().
    """
    line_offsets = _count_lines(data, offsets)
    rows = np.empty((line_offsets[-1], len(COLUMNS)), np.int32)
    for document in range(len(offsets) - 1):
        begin, end = offsets[document], offsets[document + 1]
        i = begin
        for line in range(line_offsets[document], line_offsets[document + 1]):
            stop = find_byte(data, i, end, _NEWLINE)
            rows[line, _START], rows[line, _STOP] = i - begin, stop - begin
            _measure(data, i, stop, table, rows[line])
            i = stop + 1
    return rows, line_offsets


@subkernel
def _count_lines(data, offsets):
    line_offsets = np.zeros(len(offsets), np.int64)
    for document in range(len(offsets) - 1):
        newlines = count_byte(data, offsets[document], offsets[document + 1], _NEWLINE)
        line_offsets[document + 1] = line_offsets[document] + newlines + 1
    return line_offsets


@helper
def _measure(data, start, stop, table, out):
    characters, words, capitals, digits = stop - start, 0, 0, 0
    before, beyond = ONE, NOTHING
    for i in range(start, stop, BLOCK):
        text = below(stop - i)
        blank, beyond = find_spaces(data, i, stop, table, beyond)
        words += count_bits(~blank & (blank << ONE | before) & text)
        before = blank >> LAST
        capitals += count_bits(ascii_capitals(data, i) & text)
        digits += count_bits(ascii_digits(data, i) & text)
        characters -= count_bits(continuations(data, i) & text)
        leads = wide_leads(data, i) & text
        while leads:
            code, _ = decode(data, i + first_bit(leads))
            capitals += (table[code] & UPPER) != 0
            digits += (table[code] & DIGIT) != 0
            leads = without_first(leads)
    out[_CHARACTERS], out[_WORDS], out[_CAPITALS], out[_DIGITS] = characters, words, capitals, digits


@kernel
def strip_documents(text, lines, keep, table):
    """The lines, and which to keep, when white space at both ends of each document goes too: copies of both.

    ``text`` is data and offsets, ``lines`` are the results of ``measure_lines``, ``keep`` is bool (lines).
    """
    data, offsets = text
    rows, line_offsets = lines[0].copy(), lines[1]
    keep = keep.copy()
    for document in range(len(offsets) - 1):
        offset = offsets[document]
        first, last = line_offsets[document], line_offsets[document + 1]
        while first < last and not (keep[first] and _strip_start(data, offset, rows[first], table)):
            keep[first] = False
            first += 1
        while first < last and not (keep[last - 1] and _strip_stop(data, offset, rows[last - 1], table)):
            keep[last - 1] = False
            last -= 1
    return rows, keep


@helper
def _strip_start(data, offset, row, table):
    """Move the start of a line to its first character that is not white space; whether there is one."""
    start, stop = offset + row[_START], offset + row[_STOP]
    stripped = strip_left(data, start, stop, table)
    row[_CHARACTERS] -= count_characters(data, start, stripped)
    row[_START] = stripped - offset
    return stripped < stop


@helper
def _strip_stop(data, offset, row, table):
    start, stop = offset + row[_START], offset + row[_STOP]
    stripped = strip_right(data, start, stop, table)
    row[_CHARACTERS] -= count_characters(data, stripped, stop)
    row[_STOP] = stripped - offset
    return start < stripped


@kernel
def lines_left(lines, keep):
    """The results of ``measure_lines`` for the documents that the lines to keep make."""
    rows, line_offsets = lines
    left = np.empty((np.count_nonzero(keep), len(COLUMNS)), np.int32)
    left_offsets = np.zeros(len(line_offsets), np.int64)
    count = 0
    for document in range(len(line_offsets) - 1):
        start = 0
        for line in range(line_offsets[document], line_offsets[document + 1]):
            if keep[line]:
                for column in range(len(COLUMNS)):
                    left[count, column] = rows[line, column]
                left[count, _START] = start
                left[count, _STOP] = start + rows[line, _STOP] - rows[line, _START]
                start = left[count, _STOP] + 1
                count += 1
        left_offsets[document + 1] = count
    return left, left_offsets
