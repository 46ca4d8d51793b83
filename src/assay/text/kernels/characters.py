"""Kinds of characters, and the longest line, of documents."""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.characters import ALNUM, ALPHA
from assay.text.kernels.block import (
    BLOCK,
    ascii_digits,
    ascii_letters,
    below,
    continuations,
    count_bits,
    count_characters,
    first_bit,
    wide_leads,
    without_first,
)
from assay.text.kernels.senses import find_line_end
from assay.text.kernels.utf8 import decode

KINDS = ("characters", "alphabetic", "alphanumeric")
LINES = ("lines", "characters", "longest")


@kernel
def count_kinds(data: np.ndarray, offsets: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Characters of each document, those of which isalpha() is true, and isalnum(): int64 (documents, len(KINDS))."""
    out = np.empty((len(offsets) - 1, len(KINDS)), np.int64)
    for document in range(len(out)):
        out[document] = _count_kinds(data, offsets[document], offsets[document + 1], table)
    return out


@helper
def _count_kinds(data, start, stop, table):
    characters, alphabetic, alphanumeric = stop - start, 0, 0
    for i in range(start, stop, BLOCK):
        text = below(stop - i)
        letters = count_bits(ascii_letters(data, i) & text)
        alphabetic += letters
        alphanumeric += letters + count_bits(ascii_digits(data, i) & text)
        characters -= count_bits(continuations(data, i) & text)
        leads = wide_leads(data, i) & text
        while leads:
            code, _ = decode(data, i + first_bit(leads))
            alphabetic += table[code] & ALPHA != 0
            alphanumeric += table[code] & ALNUM != 0
            leads = without_first(leads)
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
    lines = characters = longest = 0
    while i < stop:
        end, after = find_line_end(data, i, stop)
        length = count_characters(data, i, end)
        lines += 1
        characters += length
        longest = max(longest, length)
        i = after
    return lines, characters, longest
