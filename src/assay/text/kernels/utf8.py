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
_SEVEN = np.uint64(7)
_EIGHT = np.uint64(8)
_TOP_BYTE = np.uint64(56)
_LOW_BITS = np.uint64(0x0101010101010101)
_HIGH_BITS = np.uint64(0x8080808080808080)


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
