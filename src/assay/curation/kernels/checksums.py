"""CRC-32 of many strings at once, as ``zlib.crc32`` computes it."""

from __future__ import annotations

import numpy as np

from assay.base.compile import kernel

_POLYNOMIAL = 0xEDB88320  # of zlib, with its bits reversed


@kernel
def crc32(data: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """int64, one entry a string: string i is ``data[offsets[i]:offsets[i + 1]]``."""
    table = np.empty(256, np.uint32)
    for byte in range(256):
        value = np.uint32(byte)
        for _ in range(8):
            value = (value >> np.uint32(1)) ^ (np.uint32(_POLYNOMIAL) if value & np.uint32(1) else np.uint32(0))
        table[byte] = value
    sums = np.empty(len(offsets) - 1, np.int64)
    for row in range(len(sums)):
        value = np.uint32(0xFFFFFFFF)
        for place in range(offsets[row], offsets[row + 1]):
            value = table[(value ^ data[place]) & np.uint32(0xFF)] ^ (value >> np.uint32(8))
        sums[row] = np.int64(value ^ np.uint32(0xFFFFFFFF))
    return sums
