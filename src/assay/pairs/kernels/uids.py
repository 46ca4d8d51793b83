"""uids: 128-bit numbers, written as 32 hex digits."""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel

_DIGITS, _HALF = 32, 16


@helper
def _digit(byte: int) -> int:
    """The value of a hex digit of either case; 16 for anything else."""
    if 48 <= byte <= 57:
        return byte - 48
    letter = byte | 32
    return letter - 87 if 97 <= letter <= 102 else 16


@kernel
def parse(data: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """uint64 (n, 2), the high and the low word of each uid; and whether it is one (bool)."""
    count = len(offsets) - 1
    words = np.zeros((count, 2), np.uint64)
    valid = np.zeros(count, np.bool_)
    for row in range(count):
        start = offsets[row]
        if offsets[row + 1] - start != _DIGITS:
            continue
        bad = 0
        for half in range(2):
            word = np.uint64(0)
            for place in range(_HALF):
                digit = _digit(np.int64(data[start + half * _HALF + place]))
                bad |= digit & 16
                word = (word << np.uint64(4)) | np.uint64(digit & 15)
            words[row, half] = word
        valid[row] = bad == 0
    return words, valid


@helper
def _is_less(words: np.ndarray, row: int, high: int, low: int) -> bool:
    return words[row, 0] < high or (words[row, 0] == high and words[row, 1] < low)


@kernel
def count_in(subset: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """int64: how many times each row of ``wanted`` is in ``subset``; both uint64 (n, 2), ``subset`` sorted."""
    counts = np.zeros(len(wanted), np.int64)
    for row in range(len(wanted)):
        high, low = wanted[row, 0], wanted[row, 1]
        first, last = 0, len(subset)
        while first < last:
            middle = (first + last) // 2
            if _is_less(subset, middle, high, low):
                first = middle + 1
            else:
                last = middle
        while first < len(subset) and subset[first, 0] == high and subset[first, 1] == low:
            counts[row] += 1
            first += 1
    return counts
