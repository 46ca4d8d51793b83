"""How lines begin and end, how many are short."""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.characters import TERMINAL
from assay.text.kernels.block import count_byte, count_characters
from assay.text.kernels.senses import next_piece, stripped
from assay.text.kernels.utf8 import decode

LINE_COLUMNS = (
    "lines",
    "dash_lines",
    "asterisk_lines",
    "bullet_lines",
    "dots_lines",
    "ellipsis_lines",
    "terminal_lines",
    "short_lines",
    "newlines",
)
_LINES, _DASHES, _ASTERISKS, _BULLETS, _DOTS, _ELLIPSES, _TERMINALS, _SHORT, _NEWLINES = range(len(LINE_COLUMNS))

_DASH, _ASTERISK, _BULLET, _DOT, _ELLIPSIS, _NEWLINE = (ord(character) for character in "-*•.…\n")


@kernel
def count_lines(
    data: np.ndarray, offsets: np.ndarray, table: np.ndarray, kind: int, strip: bool, short: int
) -> np.ndarray:
    """Lines of each document by their first and last characters: int64 (documents, len(LINE_COLUMNS)).

    ``kind`` says what a line is (``senses.py``); with ``strip``, white space at both ends is not looked at. Terminal
    lines end with a character that ends a sentence, short ones have at most ``short`` characters.
    """
    out = np.zeros((len(offsets) - 1, len(LINE_COLUMNS)), np.int64)
    for document in range(len(out)):
        i, stop = offsets[document], offsets[document + 1]
        start, end, i = next_piece(data, i, stop, table, kind)
        while start >= 0:
            if strip:
                start, end = stripped(data, start, end, table)
            out[document, _LINES] += 1
            out[document, _SHORT] += end - start <= short or count_characters(data, start, end) <= short
            if start < end:
                _look_at_ends(data, start, end, table, out[document])
            start, end, i = next_piece(data, i, stop, table, kind)
        out[document, _NEWLINES] = count_byte(data, offsets[document], stop, _NEWLINE)
    return out


@helper
def _look_at_ends(data, start, end, table, out):
    first, _ = decode(data, start)
    out[_DASHES] += first == _DASH
    out[_ASTERISKS] += first == _ASTERISK
    out[_BULLETS] += first == _BULLET
    i = end - 1
    while data[i] & 0xC0 == 0x80:
        i -= 1
    last, _ = decode(data, i)
    out[_ELLIPSES] += last == _ELLIPSIS
    out[_TERMINALS] += (table[last] & TERMINAL) != 0
    out[_DOTS] += last == _DOT and end - start >= 3 and data[end - 2] == _DOT and data[end - 3] == _DOT
