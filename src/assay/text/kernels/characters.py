"""Kinds of characters, and the longest line, of documents."""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.characters import ALNUM, ALPHA
from assay.text.kernels.eight import HIGH, controls, count_marked, digits, letters, load_padded
from assay.text.kernels.utf8 import decode

KINDS = ("characters", "alphabetic", "alphanumeric")
LINES = ("lines", "characters", "longest")

_RETURN, _NEWLINE = 13, 10


@kernel
def count_kinds(data: np.ndarray, offsets: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Characters of each document, those of which isalpha() is true, and isalnum(): int64 (documents, len(KINDS))."""
    out = np.empty((len(offsets) - 1, len(KINDS)), np.int64)
    for document in range(len(out)):
        out[document] = _count_kinds(data, offsets[document], offsets[document + 1], table)
    return out


@helper
def _count_kinds(data, i, stop, table):
    characters, alphabetic, alphanumeric = stop - i, 0, 0
    while i < stop:
        bytes8 = load_padded(data, i, stop)
        block = min(i + 8, stop)
        if not bytes8 & HIGH:
            letters8 = count_marked(letters(bytes8))
            alphabetic += letters8
            alphanumeric += letters8 + count_marked(digits(bytes8))
            i = block
        while i < block:
            code, width = decode(data, i)
            alphabetic += table[code] & ALPHA != 0
            alphanumeric += table[code] & ALNUM != 0
            characters -= width - 1
            i += width
    return characters, alphabetic, alphanumeric


@kernel
def measure_split_lines(data: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Lines of each document as str.splitlines() gives them, their characters, and those of the longest line.

    int64 (documents, len(LINES)).
    """
    out = np.empty((len(offsets) - 1, len(LINES)), np.int64)
    for document in range(len(out)):
        out[document] = _measure_split_lines(data, offsets[document], offsets[document + 1])
    return out


@helper
def _measure_split_lines(data, i, stop):
    lines = characters = longest = length = 0
    while i < stop:
        bytes8 = load_padded(data, i, stop)
        if i + 8 <= stop and not (bytes8 & HIGH) and not controls(bytes8):
            length += 8
            i += 8
            continue
        code, width = decode(data, i)
        i += width
        if not ends_line(code):
            length += 1
            continue
        if code == _RETURN and i < stop and data[i] == _NEWLINE:
            i += 1
        lines += 1
        characters += length
        longest = max(longest, length)
        length = 0
    if length:
        lines += 1
    return lines, characters + length, max(longest, length)


@helper
def ends_line(code):
    """Whether str.splitlines() ends a line here."""
    return 10 <= code <= 13 or 0x1C <= code <= 0x1E or code in (0x85, 0x2028, 0x2029)
