"""Give equal spans of text equal numbers, so that later passes compare numbers and not text.

Numbers begin at 0, in the order of first appearance. All comparisons are exact.
"""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.kernels.block import count_characters
from assay.text.kernels.utf8 import hash_span, load_short, same_span

_FREE = -1
_NO_KEY = np.uint64(0)  # no span has it: the highest byte of a key is the size, and no span is empty
_LONG = 8
_LONG_MARK = np.uint64(0xFF << 56)
_SIZE_SHIFT = np.uint64(56)
_SHIFT = np.uint64(32)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


@helper
def table_size(entries):
    """A power of two that leaves at least half of a hash table free."""
    size = 16
    while size < 2 * entries:
        size *= 2
    return size


@helper
def spread(key, mask):
    """Where in a hash table of ``mask + 1`` slots to begin to look for a key."""
    return np.int64(key * _SPREAD >> _SHIFT) & mask


@kernel
def number_spans(data, starts, stops, numbers, occurrences):
    """Number the spans, and count the occurrences of each number."""
    count = len(starts)
    mask = table_size(count) - 1
    slots = np.full(mask + 1, _FREE, np.int32)
    firsts = np.empty(count, np.int32)
    distinct = 0
    for k in range(count):
        size = stops[k] - starts[k]
        slot = np.int64(hash_span(data, starts[k], stops[k])) & mask
        while slots[slot] != _FREE:
            first = firsts[slots[slot]]
            if stops[first] - starts[first] == size and same_span(data, starts[first], starts[k], size):
                break
            slot = (slot + 1) & mask
        if slots[slot] == _FREE:
            slots[slot] = distinct
            firsts[distinct] = k
            occurrences[distinct] = 0
            distinct += 1
        numbers[k] = slots[slot]
        occurrences[slots[slot]] += 1


@kernel
def number_words(data, edges, numbers, occurrences, ends):
    """The same for words between ``edges`` (see ``edges.py``); ``ends[k + 1]`` are the characters of the first k + 1.

    A word of less than 8 bytes is its own key in the table; only longer ones are compared in the text.
    """
    count = len(numbers)
    mask = table_size(count) - 1
    keys = np.full(mask + 1, _NO_KEY, np.uint64)
    slots = np.empty(mask + 1, np.int32)
    firsts = np.empty(count, np.int32)
    distinct = ends[0] = 0
    for k in range(count):
        start, stop = edges[2 * k], edges[2 * k + 1]
        key = _key(data, start, stop)
        slot = spread(key, mask)
        while keys[slot] != _NO_KEY:
            if keys[slot] == key:
                if stop - start < _LONG:
                    break
                first = 2 * firsts[slots[slot]]
                size = edges[first + 1] - edges[first]
                if size == stop - start and same_span(data, edges[first], start, size):
                    break
            slot = (slot + 1) & mask
        if keys[slot] == _NO_KEY:
            keys[slot] = key
            slots[slot] = distinct
            firsts[distinct] = k
            occurrences[distinct] = 0
            distinct += 1
        numbers[k] = slots[slot]
        occurrences[slots[slot]] += 1
        ends[k + 1] = ends[k] + count_characters(data, start, stop)


@helper
def _key(data, start, stop):
    """Size and bytes of a short span; a hash of a long one."""
    if stop - start < _LONG:
        return np.uint64(stop - start) << _SIZE_SHIFT | load_short(data, start, stop)
    return hash_span(data, start, stop) | _LONG_MARK
