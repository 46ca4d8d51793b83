"""The hash of ``draws.py`` on a CPU, in one pass over the numbers instead of a dozen."""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel

_FIRST, _SECOND = np.uint32(0x7FEB352D), np.uint32(0x846CA68B)
_15, _16, _8 = np.uint32(15), np.uint32(16), np.uint32(8)
_STEP = np.float32(2.0**-24)


@helper
def _mix(bits):
    bits ^= bits >> _16
    bits = np.uint32(bits * _FIRST)
    bits ^= bits >> _15
    bits = np.uint32(bits * _SECOND)
    return np.uint32(bits ^ (bits >> _16))


@kernel
def hash_rows(keys, out):
    """``out[i, n]`` is the hash of ``keys[i] ^ n``; both uint32."""
    for i in range(len(keys)):
        key = keys[i]
        for n in range(out.shape[1]):
            out[i, n] = _mix(key ^ np.uint32(n))


@kernel
def unit_rows(keys, out):
    """``out[i, n]``, float32, is the upper 24 bits of that hash, as a number in [0, 1)."""
    for i in range(len(keys)):
        key = keys[i]
        for n in range(out.shape[1]):
            out[i, n] = np.float32(np.int32(_mix(key ^ np.uint32(n)) >> _8)) * _STEP
