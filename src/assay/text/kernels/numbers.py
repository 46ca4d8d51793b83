"""Give equal spans of text equal numbers, so that later passes compare numbers and not text.

Numbers begin at 0, in the order of first appearance. All comparisons are exact.
"""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, subkernel
from assay.text.kernels.block import count_characters
from assay.text.kernels.utf8 import count_few, hash_span, load_short, same_span

_FREE = -1
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


@subkernel
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


@subkernel
def number_words(data, edges, numbers, occurrences, ends):
    """The same for words between ``edges`` (see ``edges.py``); ``ends[k + 1]`` are the characters of the first k + 1.

    A word of less than 8 bytes is its own key in the table; only longer ones are compared in the text.
    """
    count = len(numbers)
    slots = np.zeros(table_size(count), np.int32)
    keys, firsts = np.empty(count + 1, np.uint64), np.empty(count, np.int32)
    occurrences[:] = 0
    distinct = ends[0] = 0
    for k in range(count):
        start, size = edges[2 * k], edges[2 * k + 1] - edges[2 * k]
        if size < _LONG:
            bytes8 = load_short(data, start, size)
            key = np.uint64(size) << _SIZE_SHIFT | bytes8
            ends[k + 1] = ends[k] + count_few(bytes8, size)
        else:
            key = hash_span(data, start, start + size) | _LONG_MARK
            ends[k + 1] = ends[k] + count_characters(data, start, start + size)
        slot = find_key(slots, keys, key, spread(key, len(slots) - 1))
        while size >= _LONG and slots[slot] and not _same_word(data, edges, firsts[slots[slot] - 1], k):
            slot = find_key(slots, keys, key, slot + 1)
        firsts[distinct] = k
        number = number_key(slots, keys, key, slot, distinct)
        distinct += number == distinct
        numbers[k] = number
        occurrences[number] += 1


# A table of keys: ``slots`` (int32) hold 0 where they are free, or else number + 1, under which the key is in ``keys``.


@helper
def find_key(slots, keys, key, slot):
    """The slot of the key, or else the free one that it would take, from this slot on."""
    keys[0] = key  # so that a free slot seems to have it
    slot &= len(slots) - 1
    while keys[slots[slot]] != key:
        slot = (slot + 1) & (len(slots) - 1)
    return slot


@helper
def number_key(slots, keys, key, slot, free):
    """The number of the key in the slot, which is ``free`` when the key is new.

    There is no branch on that, which nothing could predict.
    """
    known = slots[slot]
    number = known - 1 if known else free
    slots[slot], keys[number + 1] = number + 1, key
    return number


@helper
def _same_word(data, edges, a, b):
    start, size = edges[2 * a], edges[2 * a + 1] - edges[2 * a]
    return edges[2 * b + 1] - edges[2 * b] == size and same_span(data, start, edges[2 * b], size)
