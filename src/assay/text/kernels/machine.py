"""Machine instructions that numba has no name for."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

_BYTE, _INDEX, _BITS64 = ir.IntType(8), ir.IntType(32), ir.IntType(64)
_BYTES64 = ir.VectorType(_BYTE, 64)


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


def _emit_count_high_zeros(context, value):
    """How many of the highest bits of a uint64 are not set."""

    def generate(context, builder, signature, arguments):
        return builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 0))

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


def _bytes64(context, builder, array_type, array, i):
    """The 64 bytes of an array from byte i on as a vector."""
    start = builder.gep(context.make_array(array_type)(context, builder, array).data, [i])
    value = builder.load(builder.bitcast(start, _BYTES64.as_pointer()))
    value.align = 1
    return value


def _emit_equal_bytes(context, data, i, byte):
    """uint64: bit k says whether byte i + k of ``data`` is this one."""

    def generate(context, builder, signature, arguments):
        array, start, byte = arguments
        value = _bytes64(context, builder, signature.args[0], array, start)
        one = builder.insert_element(ir.Constant(_BYTES64, ir.Undefined), builder.trunc(byte, _BYTE), _INDEX(0))
        wanted = builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(_INDEX, 64), [0] * 64))
        return builder.bitcast(builder.icmp_unsigned("==", value, wanted), _BITS64)

    return types.uint64(data, types.int64, types.int64), generate


def byte_class(*members: int | tuple[int, int]) -> Any:
    """An intrinsic ``(data, i) -> uint64``: bit k says whether byte i + k is one of the members.

    These are bytes, and ranges of bytes by their first and last. It reads 64 bytes, with the vector instructions that
    the processor has.
    """

    def emit(context, data, i):
        def generate(context, builder, signature, arguments):
            value = _bytes64(context, builder, signature.args[0], *arguments)
            found = ir.Constant(ir.VectorType(ir.IntType(1), 64), [0] * 64)
            for first, last in ((member, member) if isinstance(member, int) else member for member in members):
                above = builder.sub(value, ir.Constant(_BYTES64, [first] * 64))
                inside = builder.icmp_unsigned("<=", above, ir.Constant(_BYTES64, [last - first] * 64))
                found = builder.or_(found, inside)
            return builder.bitcast(found, _BITS64)

        return types.uint64(data, types.int64), generate

    return intrinsic(emit)


equal_bytes: Any = intrinsic(_emit_equal_bytes)
load8: Any = intrinsic(_emit_load8)
store8: Any = intrinsic(_emit_store8)
copy_bytes: Any = intrinsic(_emit_copy_bytes)
count_ones: Any = intrinsic(_emit_count_ones)
count_low_zeros: Any = intrinsic(_emit_count_low_zeros)
count_high_zeros: Any = intrinsic(_emit_count_high_zeros)
