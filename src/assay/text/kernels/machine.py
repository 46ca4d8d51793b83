"""Machine instructions that numba has no name for."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic


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


def _emit_store8(context, data, i, value):
    """Write ``value`` as the 8 bytes of ``data`` from byte i on."""
    signature = types.void(data, types.int64, types.uint64)

    def generate(context, builder, signature, arguments):
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.bitcast(builder.gep(array.data, [arguments[1]]), ir.IntType(64).as_pointer())
        builder.store(arguments[2], address).align = 1
        return context.get_dummy_value()

    return signature, generate


def _emit_count_ones(context, value):
    """How many bits of a uint64 are set; numba has no such function."""

    def generate(context, builder, signature, arguments):
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


def _emit_count_low_zeros(context, value):
    """How many of the lowest bits of a uint64 are not set."""

    def generate(context, builder, signature, arguments):
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), generate


def _emit_copy_bytes(context, target, to, source, start, size):
    """``target[to : to + size] = source[start : start + size]`` as one call of memcpy; numba copies byte by byte."""

    def generate(context, builder, signature, arguments):
        target_type, _, source_type, _, _ = signature.args
        target = context.make_array(target_type)(context, builder, arguments[0])
        source = context.make_array(source_type)(context, builder, arguments[2])
        where = builder.gep(target.data, [arguments[1]])
        cgutils.raw_memcpy(builder, where, builder.gep(source.data, [arguments[3]]), arguments[4], 1)
        return context.get_dummy_value()

    return types.void(target, types.int64, source, types.int64, types.int64), generate


load8: Any = intrinsic(_emit_load8)
store8: Any = intrinsic(_emit_store8)
copy_bytes: Any = intrinsic(_emit_copy_bytes)
count_ones: Any = intrinsic(_emit_count_ones)
count_low_zeros: Any = intrinsic(_emit_count_low_zeros)
