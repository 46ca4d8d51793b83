"""Texts as one line each, as far as their words go."""

from __future__ import annotations

import numpy as np

from assay.base.compile import kernel
from assay.text.kernels.segments import strip_left, strip_right
from assay.text.kernels.senses import ends_line
from assay.text.kernels.utf8 import decode

_BLANK = 32


@kernel
def one_line(data: np.ndarray, offsets: np.ndarray, table: np.ndarray) -> np.ndarray:
    """A copy of the bytes in which line ends, and white space at the ends of a text, are blanks of the same width.

    To fastText these are the words of ``" ".join(text.strip().splitlines())``.
    """
    out = data.copy()
    for text in range(len(offsets) - 1):
        start = strip_left(data, offsets[text], offsets[text + 1], table)
        stop = strip_right(data, start, offsets[text + 1], table)
        out[offsets[text] : start] = _BLANK
        out[stop : offsets[text + 1]] = _BLANK
        i = start
        while i < stop:
            code, width = decode(data, i)
            if ends_line(code):
                out[i : i + width] = _BLANK
            i += width
    return out
