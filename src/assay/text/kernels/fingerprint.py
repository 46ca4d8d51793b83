"""128 bits of each text, in one pass: chains of multiplications, two over every word."""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.kernels.machine import load8
from assay.text.kernels.utf8 import load_short

# Odd 64-bit constants with well-mixed bits (those of wyhash and splitmix64); any such would do.
_SEEDS = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xA0761D6478BD642F)
_MULTIPLIERS = np.uint64(0xD6E8FEB86659FD93), np.uint64(0xBF58476D1CE4E5B9)
_HALF, _LESS = np.uint64(32), np.uint64(29)


@kernel
def fingerprints(data: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two independent 64-bit hashes of each document (uint64); equal documents have equal ones on every machine."""
    high, low = np.empty(len(offsets) - 1, np.uint64), np.empty(len(offsets) - 1, np.uint64)
    for document in range(len(high)):
        high[document], low[document] = fingerprint(data, offsets[document], offsets[document + 1])
    return high, low


@helper
def fingerprint(data, start, stop):
    """The same of one span."""
    size = np.uint64(stop - start)
    a, b = size * _SEEDS[0], size * _SEEDS[1]
    c, d = b, a
    i = start
    while i + 16 <= stop:  # two chains for every other word, so that the processor can work on four at once
        a, b = _step(a, b, load8(data, i))
        c, d = _step(c, d, load8(data, i + 8))
        i += 16
    if i + 8 <= stop:
        a, b = _step(a, b, load8(data, i))
        i += 8
    a, b = _step(a, b, load_short(data, i, stop - i))
    a, b = _step(a, b, c)
    return _step(a, b, d)


@helper
def _step(a, b, word):
    a ^= word
    b += word
    a = (a ^ a >> _HALF) * _MULTIPLIERS[0]
    b = (b ^ b >> _LESS) * _MULTIPLIERS[1]
    return a ^ a >> _HALF, b ^ b >> _HALF
