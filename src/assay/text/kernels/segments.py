"""Lines and paragraphs: pieces between one or two newlines, stripped of white space, the empty ones left out."""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.characters import SPACE
from assay.text.kernels.block import find_byte
from assay.text.kernels.utf8 import decode

LINE, PARAGRAPH = 1, 2
"""How many newlines in a row end a line and a paragraph."""

COLUMNS = ("lines", "paragraphs", "bullet_lines", "ellipsis_lines")
_LINES, _PARAGRAPHS, _BULLETS, _ELLIPSES = range(len(COLUMNS))

_NEWLINE, _DOT = 10, ord(".")
_BULLET_CODES = (ord("●"), ord("•"), ord("*"), ord("-"))


@helper
def next_segment(data, i, stop, table, newlines):
    """The first line or paragraph at or after byte i: its start and end, and where to go on from.

    An empty span at ``stop`` when there is none.
    """
    while i < stop:
        end = _segment_end(data, i, stop, newlines)
        start = strip_left(data, i, end, table)
        if start < end:
            return start, strip_right(data, start, end, table), end + newlines
        i = end + newlines
    return stop, stop, stop


@helper
def _segment_end(data, i, stop, newlines):
    while i < stop:
        i = find_byte(data, i, stop, _NEWLINE)
        if newlines == LINE or (i + 1 < stop and data[i + 1] == _NEWLINE):
            return i
        i += 1
    return stop


@helper
def strip_left(data, start, stop, table):
    """The start of the first character that is not white space; ``stop`` when there is none."""
    while start < stop:
        code, width = decode(data, start)
        if not table[code] & SPACE:
            break
        start += width
    return start


@helper
def strip_right(data, start, stop, table):
    """The end of the last character that is not white space; there must be one."""
    while stop > start:
        last = stop - 1
        while data[last] & 0xC0 == 0x80:
            last -= 1
        code, _ = decode(data, last)
        if not table[code] & SPACE:
            break
        stop = last
    return stop


@kernel
def count_segments(data: np.ndarray, offsets: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Statistics of each document: int64 (documents, len(COLUMNS))."""
    out = np.zeros((len(offsets) - 1, len(COLUMNS)), np.int64)
    for document in range(len(out)):
        stop = offsets[document + 1]
        start, end, i = next_segment(data, offsets[document], stop, table, LINE)
        while start < end:
            out[document, _LINES] += 1
            out[document, _BULLETS] += _begins_with_bullet(data, start)
            out[document, _ELLIPSES] += _ends_with_ellipsis(data, start, end)
            start, end, i = next_segment(data, i, stop, table, LINE)
        start, end, i = next_segment(data, offsets[document], stop, table, PARAGRAPH)
        while start < end:
            out[document, _PARAGRAPHS] += 1
            start, end, i = next_segment(data, i, stop, table, PARAGRAPH)
    return out


@helper
def _begins_with_bullet(data, start):
    code, _ = decode(data, start)
    return code in _BULLET_CODES


@helper
def _ends_with_ellipsis(data, start, end):
    """Whether a line ends with "...", ". . ." or "…" (UTF-8 E2 80 A6)."""
    if end - start < 3:
        return False
    a, b, c = data[end - 3], data[end - 2], data[end - 1]
    if c != _DOT:
        return a == 0xE2 and b == 0x80 and c == 0xA6
    if a == _DOT and b == _DOT:
        return True
    return end - start >= 5 and a == _DOT and b == 32 and data[end - 4] == 32 and data[end - 5] == _DOT
