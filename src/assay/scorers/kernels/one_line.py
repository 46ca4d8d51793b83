"""Texts as one line each, as far as their words go."""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.characters import SPACE
from assay.text.kernels.utf8 import decode

_BLANK = 32
_LINE_ENDS = (10, 11, 12, 13, 28, 29, 30, 0x85, 0x2028, 0x2029)  # where str.splitlines() splits


@kernel
def one_line(data: np.ndarray, offsets: np.ndarray, table: np.ndarray) -> np.ndarray:
    """A copy of the bytes in which line ends, and white space at the ends of a text, are blanks of the same width.

    To fastText these are the words of ``" ".join(text.strip().splitlines())``.
    """
    out = data.copy()
    for text in range(len(offsets) - 1):
        start, stop = _strip(data, offsets[text], offsets[text + 1], table)
        out[offsets[text] : start] = _BLANK
        out[stop : offsets[text + 1]] = _BLANK
        i = start
        while i < stop:
            code, width = decode(data, i)
            if code in _LINE_ENDS:
                out[i : i + width] = _BLANK
            i += width
    return out


@helper
def _strip(data, start, stop, table):
    """The span without the white space at its ends."""
    while start < stop:
        code, width = decode(data, start)
        if not table[code] & SPACE:
            break
        start += width
    while start < stop:
        last = stop - 1
        while data[last] & 0xC0 == 0x80:
            last -= 1
        code, _ = decode(data, last)
        if not table[code] & SPACE:
            break
        stop = last
    return start, stop
