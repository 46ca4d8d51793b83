"""Characters, hashes and comparison of spans of UTF-8, which must be valid and have slack behind it."""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper
from assay.text.kernels.machine import count_ones, load8, store8

# Odd 64-bit constants with well-mixed bits (those of wyhash); any such would do.
_SEED = np.uint64(0x9E3779B97F4A7C15)
_MULTIPLY = np.uint64(0xD6E8FEB86659FD93)
_HALF = np.uint64(32)
_ONE = np.uint64(1)
_HIGH = np.uint64(0x8080808080808080)
_EIGHT = np.uint64(8)
_NOTHING = np.uint64(0)
_SIXTY_ONE = np.uint64(61)
_MERSENNE = np.uint64((1 << 61) - 1)


@helper
def decode(data, i):
    """The character that begins at byte i: its code point, and how many bytes it takes."""
    lead = np.int64(data[i])
    if lead < 0x80:
        return lead, 1
    if lead < 0xE0:
        return (lead & 0x1F) << 6 | np.int64(data[i + 1] & 0x3F), 2
    if lead < 0xF0:
        return (lead & 0x0F) << 12 | np.int64(data[i + 1] & 0x3F) << 6 | np.int64(data[i + 2] & 0x3F), 3
    high = (lead & 0x07) << 18 | np.int64(data[i + 1] & 0x3F) << 12
    return high | np.int64(data[i + 2] & 0x3F) << 6 | np.int64(data[i + 3] & 0x3F), 4


@helper
def load_short(data, start, size):
    """The bytes of a span of fewer than 8 as one little-endian number."""
    return load8(data, start) & ((_ONE << (_EIGHT * np.uint64(size))) - _ONE)


@helper
def count_few(bytes8, size):
    """How many characters lie in a span of fewer than 8 bytes: all but the continuation bytes 10xxxxxx begin one."""
    return size - np.int64(count_ones(bytes8 & ~(bytes8 << _ONE) & _HIGH))


@helper
def copy_span(data, start, stop, out, at):
    """Copy a span to byte ``at`` of ``out`` and on; up to 8 bytes behind it are overwritten."""
    for i in range(start, stop, 8):
        store8(out, at + i - start, load8(data, i))


@helper
def hash_16(data, i):
    """A hash of the 16 bytes from byte i on."""
    return _mix(_mix(load8(data, i)) ^ load8(data, i + 8))


# Text read as one little-endian number modulo 2^61 - 1, where to move it by bytes is to rotate 61 bits: sums of it give
# the hash of any run of words in a few operations, wherever the run begins and its words end.


@helper
def add_shifted(total, data, start, stop, at):
    """``total`` plus a span as a number that begins at byte ``at``, modulo 2^61 - 1."""
    i = start
    while i + 8 <= stop:
        total = _add(total, _rotate(_fold(load8(data, i)), 8 * (at + i - start) % 61))
        i += 8
    return _add(total, _rotate(_fold(load_short(data, i, stop - i)), 8 * (at + i - start) % 61))


@helper
def shift_back(high, low, at):
    """The number of the text between two sums, ``low`` being that up to byte ``at``."""
    value = _rotate(_add(high, _MERSENNE ^ low), 61 - 8 * at % 61)
    return value if value != _MERSENNE else _NOTHING


@helper
def _fold(value):
    return (value & _MERSENNE) + (value >> _SIXTY_ONE)


@helper
def _add(a, b):
    return _fold(a + b)


@helper
def _rotate(value, bits):
    bits = np.uint64(bits)
    return (value << bits | value >> (_SIXTY_ONE - bits)) & _MERSENNE


@helper
def _mix(value):
    value ^= value >> _HALF
    value *= _MULTIPLY
    return value ^ (value >> _HALF)


@helper
def hash_span(data, start, stop):
    """A 64-bit hash of a span."""
    value = np.uint64(stop - start) * _SEED
    i = start
    while i + 8 <= stop:
        value = _mix(value ^ load8(data, i))
        i += 8
    return _mix(_mix(value ^ load_short(data, i, stop - i)))


@helper
def same_span(data, a, b, size):
    """Whether the ``size`` bytes from a on are those from b on."""
    i = 0
    while i + 8 <= size:
        if load8(data, a + i) != load8(data, b + i):
            return False
        i += 8
    return load_short(data, a + i, size - i) == load_short(data, b + i, size - i)
