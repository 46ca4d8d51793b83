"""Look at sixty-four bytes at once: a *block*, of which a uint64 says with one bit a byte what is true.

The lowest bit stands for the first byte. Blocks reach behind the text, which must have slack; ``below`` says
which bytes of a block are meant.
"""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper
from assay.text.kernels.machine import byte_class, count_high_zeros, count_low_zeros, count_ones, equal_bytes

BLOCK = 64
"""Bytes of a block."""

NOTHING, ONE, LAST = (np.uint64(number) for number in (0, 1, BLOCK - 1))
_EVERYTHING = ~NOTHING

_DIGITS, _CAPITALS, _SMALL = (ord("0"), ord("9")), (ord("A"), ord("Z")), (ord("a"), ord("z"))

ascii_spaces = byte_class((0x09, 0x0D), (0x1C, 0x20))
"""What str.isspace() calls white space."""
ascii_letters = byte_class(_CAPITALS, _SMALL)
ascii_capitals = byte_class(_CAPITALS)
ascii_digits = byte_class(_DIGITS)
ascii_alnum = byte_class(_DIGITS, _CAPITALS, _SMALL)
ascii_connected = byte_class(_DIGITS, _CAPITALS, _SMALL, ord("_"))
"""What is never a word of its own beside another of these."""
underscores = byte_class(ord("_"))
ascii_middles = byte_class(*b"',.:;")
"""What may stand between two letters or two digits of one word by the rules of UAX #29."""
separators = byte_class(0x00, (0x09, 0x0D), 0x20)
"""What ends a word for fastText's tokenizer, as ``kernels.segment.is_separator`` says."""
symbol_leads = byte_class(*b"#.", 0xE2)
"""``#``, ``.``, and the first byte of ``…``."""
space_leads = byte_class((0x09, 0x0D), (0x1C, 0x20), 0xC2, (0xE1, 0xE3))
"""First bytes of all white space, and of other characters."""
line_end_leads = byte_class((0x0A, 0x0D), (0x1C, 0x1E), 0xC2, 0xE2)
"""First bytes of all that ends a line for str.splitlines(), and of other characters."""
wide_bytes = byte_class((0x80, 0xFF))
"""All that is not ASCII."""
wide_leads = byte_class((0xC0, 0xFF))
"""First bytes of characters that are not ASCII."""
wide_space_leads = byte_class(0xC2, (0xE1, 0xE3))
"""First bytes of all white space that is not ASCII, and of other characters."""
continuations = byte_class((0x80, 0xBF))
"""All bytes of characters but their first."""


@helper
def below(count):
    """The first ``count`` bytes, all of them when a block has no more."""
    return (ONE << np.uint64(count)) - ONE if count < BLOCK else _EVERYTHING


@helper
def count_bits(bits):
    """How many bytes are meant."""
    return np.int64(count_ones(bits))


@helper
def first_bit(bits):
    """Which is the first byte, from 0 on; 64 when there is none."""
    return np.int64(count_low_zeros(bits))


@helper
def last_bit(bits):
    """Which is the last byte, from 0 on; -1 when there is none."""
    return BLOCK - 1 - np.int64(count_high_zeros(bits))


@helper
def without_first(bits):
    """The bytes but the first."""
    return bits & (bits - ONE)


@helper
def character_bits(place, width):
    """The bytes of a character that begins at a place of the block: those in it, and those in the next one."""
    bits = (ONE << np.uint64(width)) - ONE
    return bits << np.uint64(place), bits >> np.uint64(BLOCK - place) if place else NOTHING


@helper
def find_byte(data, i, stop, byte):
    """Where the byte first occurs from i on; ``stop`` when it does not."""
    while i < stop:
        found = equal_bytes(data, i, byte)
        if found:
            return min(i + first_bit(found), stop)
        i += BLOCK
    return stop


@helper
def count_byte(data, i, stop, byte):
    """How often the byte occurs from i on and before ``stop``."""
    count = 0
    while i < stop:
        count += count_bits(equal_bytes(data, i, byte) & below(stop - i))
        i += BLOCK
    return count


@helper
def find_symbol(data, i, stop):
    """Where the first ``#``, ``.`` or byte 0xE2 at or after byte i is; ``stop`` when there is none."""
    while i < stop:
        found = symbol_leads(data, i)
        if found:
            return min(i + first_bit(found), stop)
        i += BLOCK
    return stop


@helper
def count_characters(data, start, stop):
    """How many characters lie in a span: every byte but the continuation bytes 10xxxxxx begins one."""
    count = stop - start
    for i in range(start, stop, BLOCK):
        count -= count_bits(continuations(data, i) & below(stop - i))
    return count
