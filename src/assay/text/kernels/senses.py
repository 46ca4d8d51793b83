r"""Lines and paragraphs in every sense that the rules use.

``LINES``            between newlines, stripped of white space, the empty ones left out
``PARAGRAPHS``       the same between two newlines in a row
``RAW_LINES``        str.split("\n")
``LINE_RUNS``        re.split("\n+")
``PARAGRAPH_RUNS``   re.split("\n{2,}")
``VISIBLE_LINES``    str.split("\n"), the blank ones left out
``UNICODE_LINES``    str.splitlines()
"""

from __future__ import annotations

from assay.base.compile import helper
from assay.text.kernels.block import BLOCK, find_byte, first_bit, line_end_leads
from assay.text.kernels.segments import LINE, PARAGRAPH, next_segment, strip_left, strip_right
from assay.text.kernels.utf8 import decode

LINES, PARAGRAPHS, RAW_LINES, LINE_RUNS, PARAGRAPH_RUNS, VISIBLE_LINES, UNICODE_LINES = range(1, 8)

_NEWLINE, _RETURN = 10, 13
_FIRST_SEPARATOR, _LAST_SEPARATOR = 0x1C, 0x1E
_LINE_ENDS = (0x85, 0x2028, 0x2029)


@helper
def next_piece(data, i, stop, table, kind):
    """The piece from byte i on: its start and end, and where to go on from; -1 as the start after the last one."""
    if kind in (LINES, PARAGRAPHS):
        start, end, i = next_segment(data, i, stop, table, LINE if kind == LINES else PARAGRAPH)
        return start if start < end else -1, end, i
    if kind == UNICODE_LINES:
        return _next_unicode_line(data, i, stop)
    if kind == PARAGRAPH_RUNS:
        return _next_paragraph(data, i, stop)
    while i <= stop:
        end = find_byte(data, i, stop, _NEWLINE)
        after = end + 1
        while kind == LINE_RUNS and after < stop and data[after] == _NEWLINE:
            after += 1
        if kind != VISIBLE_LINES or strip_left(data, i, end, table) < end:
            return i, end, after if end < stop else stop + 1
        i = after
    return -1, stop, stop + 1


@helper
def stripped(data, start, stop, table):
    """The same span without the white space at both ends."""
    start = strip_left(data, start, stop, table)
    return start, strip_right(data, start, stop, table)


@helper
def _next_paragraph(data, i, stop):
    start = i
    while i < stop:
        end = find_byte(data, i, stop, _NEWLINE)
        i = end + 1
        while i < stop and data[i] == _NEWLINE:
            i += 1
        if i > end + 1:
            return start, end, i
    return (start, stop, stop + 1) if start <= stop else (-1, stop, stop + 1)


@helper
def _next_unicode_line(data, i, stop):
    end, after = find_line_end(data, i, stop)
    return (i, end, after) if i < stop else (-1, stop, stop)


@helper
def find_line_end(data, i, stop):
    """Where the line from byte i on ends for str.splitlines(), and where the next one begins; ``stop`` at the last."""
    while i < stop:
        ahead = first_bit(line_end_leads(data, i))
        i += ahead
        if ahead == BLOCK or i >= stop:
            continue
        code, width = decode(data, i)
        if ends_line(code):
            crlf = code == _RETURN and i + 1 < stop and data[i + 1] == _NEWLINE
            return i, i + width + crlf
        i += width
    return stop, stop


@helper
def ends_line(code):
    """Whether str.splitlines() ends a line here."""
    return _NEWLINE <= code <= _RETURN or _FIRST_SEPARATOR <= code <= _LAST_SEPARATOR or code in _LINE_ENDS
