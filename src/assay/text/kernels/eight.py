"""Look at eight bytes at once, as one little-endian number.

A *mask* has the high bit set in each byte that is meant, and no other bit. The tests of ASCII bytes hold only where
all eight are below 128; ``ascii_part`` makes them so.
"""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper
from assay.text.kernels.machine import count_low_zeros, count_ones, load8

LOW = np.uint64(0x0101010101010101)
HIGH = np.uint64(0x8080808080808080)
_ONE, _THREE, _EIGHT, _FIFTY_SIX = (np.uint64(number) for number in (1, 3, 8, 56))
_BLANKS = LOW * np.uint64(ord(" "))
_CASE = LOW * np.uint64(0x20)


def _at_least(byte: int) -> np.uint64:
    """What carries into the high bit of every byte that is at least this one."""
    return LOW * np.uint64(0x80 - byte)


_FROM_0, _BEYOND_9 = _at_least(ord("0")), _at_least(ord("9") + 1)
_FROM_A, _BEYOND_Z = _at_least(ord("A")), _at_least(ord("Z") + 1)
_FROM_SMALL_A, _BEYOND_SMALL_Z = _at_least(ord("a")), _at_least(ord("z") + 1)
_FROM_TAB, _BEYOND_RETURN = _at_least(0x09), _at_least(0x0D + 1)
_FROM_ONE, _FROM_BLANK = _at_least(0x01), _at_least(0x20)
_FROM_NEWLINE, _BEYOND_NEWLINE = _at_least(0x0A), _at_least(0x0A + 1)
_FROM_SEPARATOR, _BEYOND_BLANK = _at_least(0x1C), _at_least(0x20 + 1)


@helper
def load_padded(data, i, stop):
    """The bytes from i on, those from ``stop`` on replaced by blanks."""
    bytes8 = load8(data, i)
    if stop - i >= 8:
        return bytes8
    inside = (_ONE << (_EIGHT * np.uint64(stop - i))) - _ONE
    return (bytes8 & inside) | (_BLANKS & ~inside)


@helper
def count_marked(mask):
    """How many bytes a mask means."""
    return np.int64(count_ones(mask))


@helper
def first_marked(mask):
    """Which byte is the first that a mask means, from 0 on; 8 when it means none."""
    return np.int64(count_low_zeros(mask) >> _THREE)


@helper
def without_first(mask):
    """The mask without the first byte that it means."""
    return mask & (mask - _ONE)


@helper
def may_be(bytes8, pattern8):
    """The bytes that are the same in both: the first of them, and then perhaps also others that are not."""
    differs = bytes8 ^ pattern8
    return (differs - LOW) & ~differs & HIGH


@helper
def find_byte(data, i, stop, byte):
    """Where the byte first occurs from i on; ``stop`` when it does not."""
    pattern = LOW * np.uint64(byte)
    while i < stop:
        equal = may_be(load8(data, i), pattern)  # right as to the first
        if equal:
            return min(i + first_marked(equal), stop)
        i += 8
    return stop


@helper
def count_byte(data, i, stop, byte):
    """How often the byte occurs from i on and before ``stop``."""
    count = 0
    i = find_byte(data, i, stop, byte)
    while i < stop:
        count += 1
        i = find_byte(data, i + 1, stop, byte)
    return count


@helper
def ascii_part(bytes8):
    """The bytes without their high bits; ``& ~bytes8`` behind a test then leaves those that are ASCII."""
    return bytes8 & ~HIGH


@helper
def separators(bytes8):
    """What ends a word for fastText's tokenizer, as ``kernels.segment.is_separator`` says."""
    controls_ = (bytes8 + _FROM_TAB) & ~(bytes8 + _BEYOND_RETURN)
    blanks = (bytes8 + _FROM_BLANK) & ~(bytes8 + _BEYOND_BLANK)
    return (controls_ | blanks | ~(bytes8 + _FROM_ONE)) & HIGH


@helper
def capitals(bytes8):
    """A to Z."""
    return (bytes8 + _FROM_A) & ~(bytes8 + _BEYOND_Z) & HIGH


@helper
def letters(bytes8):
    """A to Z and a to z."""
    small = bytes8 | _CASE
    return (small + _FROM_SMALL_A) & ~(small + _BEYOND_SMALL_Z) & HIGH


@helper
def digits(bytes8):
    """0 to 9."""
    return (bytes8 + _FROM_0) & ~(bytes8 + _BEYOND_9) & HIGH


@helper
def newline_bytes(bytes8):
    """Newlines."""
    return (bytes8 + _FROM_NEWLINE) & ~(bytes8 + _BEYOND_NEWLINE) & HIGH


@helper
def spaces(bytes8):
    """What str.isspace() calls white space."""
    controls = (bytes8 + _FROM_TAB) & ~(bytes8 + _BEYOND_RETURN)
    return (controls | ((bytes8 + _FROM_SEPARATOR) & ~(bytes8 + _BEYOND_BLANK))) & HIGH


@helper
def controls(bytes8):
    """What stands before the blank in ASCII."""
    return ~(bytes8 + _FROM_BLANK) & HIGH


@helper
def starts_of_words(blank, after_blank):
    """The bytes that are not blank and stand behind one that is, and whether the next byte would stand behind a blank.

    ``blank`` is a mask; ``after_blank`` is 128 when the byte before these eight is blank, otherwise 0.
    """
    return ~blank & ((blank << _EIGHT) | after_blank) & HIGH, blank >> _FIFTY_SIX
