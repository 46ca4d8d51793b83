"""Passages of k bytes that occurred before, by rolling hashes of all windows."""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel

_BASE = np.uint64(0xA0761D6478BD642F)
_MIX = np.uint64(0xE7037ED1A0B428DB)
_ONE, _HALF, _LESS = np.uint64(1), np.uint64(32), np.uint64(29)
_FREE = np.int64(-1)


@kernel
def seen_windows(
    data: np.ndarray, offsets: np.ndarray, k: int, part: tuple[int, int], table: tuple[np.ndarray, np.ndarray, int]
) -> np.ndarray:
    """Runs of bytes covered by windows that occurred before without overlapping: int64 (runs, 3).

    A run is a document, and start and end in it. Only windows whose hash belongs to ``part`` (number, of how many) are
    looked at; ``table`` are their hashes (uint64), where each first began (int64, -1: free), and how many bytes came
    before these documents. Its size is a power of two.
    """
    keys, places, before = table
    number, parts = part
    runs = np.empty((1024, 3), np.int64)
    count = 0
    for document in range(len(offsets) - 1):
        start, stop = offsets[document], offsets[document + 1]
        begin = count
        rolling = np.uint64(0)
        drop = _ONE
        for i in range(start, stop):
            rolling = rolling * _BASE + np.uint64(data[i] + 1)
            if i < start + k:
                drop *= _BASE
            else:
                rolling -= drop * np.uint64(data[i - k] + 1)
            if i < start + k - 1:
                continue
            value = _mixed(rolling)
            if (value >> _HALF) * np.uint64(parts) >> _HALF != number:
                continue
            first = i - k + 1 - start
            if not _occurred(keys, places, value, before + i - k + 1, k):
                continue
            if count > begin and runs[count - 1, 2] >= first:
                runs[count - 1, 2] = first + k
                continue
            if count == len(runs):
                runs = np.concatenate((runs, np.empty_like(runs)))
            runs[count] = document, first, first + k
            count += 1
    return runs[:count].copy()


@helper
def _mixed(value):
    value ^= value >> _HALF
    value *= _MIX
    return value ^ (value >> _LESS)


@helper
def _occurred(keys, places, value, place, k):
    """Whether a window began at least k bytes before; the first place of each is noted."""
    slot = np.int64(value * _BASE >> _HALF) & (len(keys) - 1)
    while places[slot] != _FREE and keys[slot] != value:
        slot = (slot + 1) & (len(keys) - 1)
    if places[slot] == _FREE:
        keys[slot], places[slot] = value, place
        return False
    return place - places[slot] >= k


@kernel
def whole_characters(data: np.ndarray, offsets: np.ndarray, spans: np.ndarray, span_offsets: np.ndarray) -> np.ndarray:
    """The spans (int64 pairs, in bytes of each document) without the parts of characters at their ends."""
    out = spans.copy()
    for document in range(len(offsets) - 1):
        start = offsets[document]
        size = offsets[document + 1] - start
        for span in range(span_offsets[document], span_offsets[document + 1]):
            while out[span, 0] < out[span, 1] and data[start + out[span, 0]] & 0xC0 == 0x80:
                out[span, 0] += 1
            while out[span, 0] < out[span, 1] < size and data[start + out[span, 1]] & 0xC0 == 0x80:
                out[span, 1] -= 1
    return out
