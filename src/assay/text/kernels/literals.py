"""Find lines that may hold plain strings, several at once.

Of each string two bytes in a row are looked for, in a block at a time; where they stand, all of it is compared.
"""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.kernels.block import BLOCK, below, first_bit, without_first
from assay.text.kernels.machine import equal_bytes

ANYTHING = 0xFF  # no byte of UTF-8
_AMBIGUOUS = tuple(b"iks")  # where case is ignored, İ, ı, ſ and the Kelvin sign match these
_BIT_32 = 0x20


@kernel
def lines_that_may_hold(data, offsets, lines, among, fold, strings):
    """Whether each line may hold one of the strings: bool (lines). True too often rather than too seldom.

    ``lines`` are rows that begin with the columns ``start`` and ``stop`` of ``kernels.lines``, and where those of each
    document begin; lines not ``among`` (bool) are not looked at, and false. ``strings`` are ASCII bytes; where each
    string begins; and where in it the two bytes begin that are looked for. ``fold`` (uint8, 256) says what a byte of
    the text is compared as: itself, or the small letter, or ``ANYTHING`` for a byte of a character that may match some
    ASCII letter.
    """
    rows, line_offsets = lines
    out = np.zeros(len(rows), np.bool_)
    pairs = _pairs(strings)
    for document in range(len(offsets) - 1):
        offset = offsets[document]
        for line in range(line_offsets[document], line_offsets[document + 1]):
            if among[line]:
                out[line] = _may_hold(data, (offset + rows[line, 0], offset + rows[line, 1]), fold, strings, pairs)
    return out


@kernel
def _pairs(strings):
    """The two bytes to look for of each string, with the bit 32 set: int64 (strings, 2)."""
    content, string_offsets, places = strings
    pairs = np.empty((len(places), 2), np.int64)
    for k in range(len(places)):
        for j in range(2):
            pairs[k, j] = content[string_offsets[k] + places[k] + j] | _BIT_32
    return pairs


@helper
def _may_hold(data, span, fold, strings, pairs):
    start, stop = span
    for i in range(start, stop - 1, BLOCK):
        for k in range(len(pairs)):
            places = _find_folded(data, i, pairs[k, 0]) & _find_folded(data, i + 1, pairs[k, 1]) & below(stop - 1 - i)
            while places:
                if _may_stand(data, span, i + first_bit(places), fold, strings, k):
                    return True
                places = without_first(places)
    return False


@helper
def _find_folded(data, i, byte):
    """Where in the block from byte i on the byte is, with the bit 32 or without."""
    return equal_bytes(data, i, byte) | equal_bytes(data, i, byte ^ _BIT_32)


@helper
def _may_stand(data, span, place, fold, strings, k):
    """Whether string k may stand where its two bytes stand."""
    content, string_offsets, places = strings
    first, size = string_offsets[k], string_offsets[k + 1] - string_offsets[k]
    for direction in (1, -1):
        j, i = places[k], place
        while 0 <= j < size:
            if not span[0] <= i < span[1]:
                return False
            byte = fold[data[i]]
            if byte == ANYTHING and content[first + j] in _AMBIGUOUS:
                break
            if byte != content[first + j]:
                return False
            i += direction
            j += direction
    return True
