"""Characters, hashes and comparison of spans of UTF-8, which must be valid and have 8 bytes of slack behind it."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from assay.base.compile import helper

# Odd 64-bit constants with well-mixed bits (those of wyhash); any such would do.
_SEED = np.uint64(0x9E3779B97F4A7C15)
_MULTIPLY = np.uint64(0xD6E8FEB86659FD93)
_HALF = np.uint64(32)
_ONE = np.uint64(1)
_THREE = np.uint64(3)
_SEVEN = np.uint64(7)
_EIGHT = np.uint64(8)
_NOTHING = np.uint64(0)
_SIXTY_ONE = np.uint64(61)
_MERSENNE = np.uint64((1 << 61) - 1)
_TOP_BYTE = np.uint64(56)
_LOW_BITS = np.uint64(0x0101010101010101)
_HIGH_BITS = np.uint64(0x8080808080808080)
_NO_HIGH_BITS = ~_HIGH_BITS

# What carries into the high bit of a byte below 128 when it is at least "a", above "z", above " ".
_FROM_A = _LOW_BITS * np.uint64(0x80 - ord("a"))
_ABOVE_Z = _LOW_BITS * np.uint64(0x7F - ord("z"))
_ABOVE_BLANK = _LOW_BITS * np.uint64(0x7F - ord(" "))
_NOT_BELOW_BLANK = _LOW_BITS * np.uint64(0x80 - ord(" "))
_SMALL = _LOW_BITS * np.uint64(ord(" "))
_NEWLINE = ord("\n")
_HASHES = _LOW_BITS * np.uint64(ord("#"))
_DOTS = _LOW_BITS * np.uint64(ord("."))
_LEADS_E2 = _LOW_BITS * np.uint64(0xE2)


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


def _emit_load8(context, data, i):
    """The 8 bytes of ``data`` from byte i on as one little-endian number; numba has no unaligned load of its own."""
    signature = types.uint64(data, types.int64)

    def generate(context, builder, signature, arguments):
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.bitcast(builder.gep(array.data, [arguments[1]]), ir.IntType(64).as_pointer())
        value = builder.load(address)
        value.align = 1
        return value

    return signature, generate


_load8: Any = intrinsic(_emit_load8)


def _emit_store8(context, data, i, value):
    """Write ``value`` as the 8 bytes of ``data`` from byte i on."""
    signature = types.void(data, types.int64, types.uint64)

    def generate(context, builder, signature, arguments):
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.bitcast(builder.gep(array.data, [arguments[1]]), ir.IntType(64).as_pointer())
        builder.store(arguments[2], address).align = 1
        return context.get_dummy_value()

    return signature, generate


_store8: Any = intrinsic(_emit_store8)


def _emit_low_zeros(context, value):
    """How many of the lowest bits of ``value`` (uint64) are zero: 64 when all are."""

    def generate(context, builder, signature, arguments):
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), generate


_low_zeros: Any = intrinsic(_emit_low_zeros)


@helper
def _marked_byte(marks):
    """Which byte is the first whose high bit is set, the lowest being 0; 8 when none is."""
    return np.int64(_low_zeros(marks) >> _THREE)


@helper
def letters_ahead(data, i):
    """How many ASCII letters stand in a row from byte i on, looking at 8 bytes."""
    bytes8 = _load8(data, i)
    small = (bytes8 | _SMALL) & _NO_HIGH_BITS
    letters = (small + _FROM_A) & ~(small + _ABOVE_Z) & ~bytes8 & _HIGH_BITS
    return _marked_byte(letters ^ _HIGH_BITS)


@helper
def plain_ahead(data, i):
    """How many bytes in a row, from byte i on, are ASCII above the blank, looking at 8 bytes."""
    bytes8 = _load8(data, i)
    return _marked_byte((bytes8 | ~((bytes8 & _NO_HIGH_BITS) + _ABOVE_BLANK)) & _HIGH_BITS)


@helper
def printed_ahead(data, i):
    """How many bytes in a row, from byte i on, are ASCII and no control character, looking at 8 bytes."""
    bytes8 = _load8(data, i)
    return _marked_byte((bytes8 | ~((bytes8 & _NO_HIGH_BITS) + _NOT_BELOW_BLANK)) & _HIGH_BITS)


@helper
def _zero_bytes(bytes8):
    """The high bit of every byte that is zero, and perhaps of bytes above the lowest of these."""
    return (bytes8 - _LOW_BITS) & ~bytes8 & _HIGH_BITS


@helper
def find_newline(data, i, stop):
    """Where the first newline at or after byte i is; ``stop`` when there is none."""
    return find_byte(data, i, stop, _NEWLINE)


@helper
def find_byte(data, i, stop, byte):
    """Where the first such byte at or after byte i is; ``stop`` when there is none."""
    eight = _LOW_BITS * np.uint64(byte)
    while i < stop:
        ahead = _marked_byte(_zero_bytes(_load8(data, i) ^ eight))
        if ahead < 8:
            return min(i + ahead, stop)
        i += 8
    return stop


@helper
def find_symbol(data, i, stop):
    """Where the first ``#``, ``.`` or byte 0xE2 at or after byte i is; ``stop`` when there is none."""
    while i < stop:
        bytes8 = _load8(data, i)
        marks = _zero_bytes(bytes8 ^ _HASHES) | _zero_bytes(bytes8 ^ _DOTS) | _zero_bytes(bytes8 ^ _LEADS_E2)
        ahead = _marked_byte(marks)
        if ahead < 8:
            return min(i + ahead, stop)
        i += 8
    return stop


@helper
def load_short(data, start, stop):
    """The bytes of a span of fewer than 8 as one little-endian number."""
    return _load_tail(data, start, stop - start)


@helper
def copy_span(data, start, stop, out, at):
    """Copy a span to byte ``at`` of ``out`` and on; up to 8 bytes behind it are overwritten."""
    for i in range(start, stop, 8):
        _store8(out, at + i - start, _load8(data, i))


@helper
def hash_16(data, i):
    """A hash of the 16 bytes from byte i on."""
    return _mix(_mix(_load8(data, i)) ^ _load8(data, i + 8))


# Text read as one little-endian number modulo 2^61 - 1, where to move it by bytes is to rotate 61 bits: sums of it give
# the hash of any run of words in a few operations, wherever the run begins and its words end.


@helper
def add_shifted(total, data, start, stop, at):
    """``total`` plus a span as a number that begins at byte ``at``, modulo 2^61 - 1."""
    i = start
    while i + 8 <= stop:
        total = _add(total, _rotate(_fold(_load8(data, i)), 8 * (at + i - start) % 61))
        i += 8
    return _add(total, _rotate(_fold(_load_tail(data, i, stop - i)), 8 * (at + i - start) % 61))


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
def _load_tail(data, i, count):
    """The last ``count`` < 8 bytes of a span, from byte i on."""
    return _load8(data, i) & ((_ONE << (_EIGHT * np.uint64(count))) - _ONE)


@helper
def hash_span(data, start, stop):
    """A 64-bit hash of a span."""
    value = np.uint64(stop - start) * _SEED
    i = start
    while i + 8 <= stop:
        value = _mix(value ^ _load8(data, i))
        i += 8
    return _mix(_mix(value ^ _load_tail(data, i, stop - i)))


@helper
def same_span(data, a, b, size):
    """Whether the ``size`` bytes from a on are those from b on."""
    i = 0
    while i + 8 <= size:
        if _load8(data, a + i) != _load8(data, b + i):
            return False
        i += 8
    return _load_tail(data, a + i, size - i) == _load_tail(data, b + i, size - i)


@helper
def count_characters(data, start, stop):
    """How many characters lie in a span: every byte but the continuation bytes 10xxxxxx begins one."""
    count = stop - start
    i = start
    while i + 8 <= stop:
        count -= _count_continuations(_load8(data, i))
        i += 8
    return count - _count_continuations(_load_tail(data, i, stop - i))


@helper
def _count_continuations(bytes8):
    marks = bytes8 & ~(bytes8 << _ONE) & _HIGH_BITS
    return np.int64((marks >> _SEVEN) * _LOW_BITS >> _TOP_BYTE)
