"""The words of a fastText model, found by fastText's own hash."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from assay.base.compile import helper, kernel

# Dictionary::hash in fastText's dictionary.cc: 32-bit FNV-1a, but of signed bytes.
HASH_OF_NOTHING = np.uint32(2166136261)
_PRIME = np.uint32(16777619)

AFTER_WORD = 10
"""In the file, the word of an entry is followed by so many bytes: NUL, its count (int64), its kind (int8)."""
_FREE = -1
_ONE, _SIX, _LOW_SIX = np.uint64(1), np.uint64(6), np.uint64(63)


class Dictionary(NamedTuple):
    """What a model knows of words and n-grams."""

    data: np.ndarray
    """The model file (uint8)."""
    starts: np.ndarray
    """int64: where the entries begin in the file, words before labels, and where the last one ends."""
    slots: np.ndarray
    """int32: the hash table of the entries."""
    words: int
    """How many of the entries are words."""
    shortest: int
    longest: int
    """Characters of the n-grams of a word; ``longest`` 0: there are none."""
    word_ngrams: int
    """Words of the longest n-grams of words; 1: there are none."""
    buckets: int
    """N-grams are hashed into so many."""
    rows: np.ndarray
    """int32: the row of each bucket in the input matrix, if it has one. Empty: they follow those of the words."""
    has_row: np.ndarray
    """uint64: a bit a bucket, to look at before ``rows``, which does not fit into the processor's nearest memory."""


@helper
def extend_hash(value, byte):
    """The hash of a span that is one byte longer."""
    return np.uint32((value ^ np.uint32(np.int32(np.int8(byte)))) * _PRIME)


@helper
def hash_word(data, start, stop):
    """The hash of a span."""
    value = HASH_OF_NOTHING
    for i in range(start, stop):
        value = extend_hash(value, data[i])
    return value


@helper
def ngram_row(dictionary, bucket):
    """The row of an n-gram's bucket (uint64), -1 without one."""
    if not len(dictionary.rows):
        return np.int64(dictionary.words) + np.int64(bucket)
    if dictionary.has_row[bucket >> _SIX] >> (bucket & _LOW_SIX) & _ONE:
        return np.int64(dictionary.rows[bucket])
    return np.int64(-1)


@helper
def find_entry(dictionary, data, start, stop, value):
    """The entry of a word with this hash, -1 without one."""
    mask = len(dictionary.slots) - 1
    slot = np.int64(value) & mask
    while dictionary.slots[slot] != _FREE:
        entry = np.int64(dictionary.slots[slot])
        first = dictionary.starts[entry]
        word = dictionary.data[first : dictionary.starts[entry + 1] - AFTER_WORD]
        if is_word(data, start, stop, word):
            return entry
        slot = (slot + 1) & mask
    return np.int64(-1)


@helper
def is_word(data, start, stop, word):
    """Whether a span is this word (uint8)."""
    return stop - start == len(word) and begins_with(data, start, stop, word)


@helper
def begins_with(data, start, stop, prefix):
    """Whether a span begins with these bytes."""
    same = 0
    while same < len(prefix) and start + same < stop and data[start + same] == prefix[same]:
        same += 1
    return same == len(prefix)


@kernel
def find_entries(data: np.ndarray, start: int, count: int) -> np.ndarray:
    """Where in a file the entries of its dictionary begin, and the last one ends; fewer when the file is cut off."""
    starts = np.empty(count + 1, np.int64)
    starts[0] = start
    for k in range(count):
        i = starts[k]
        while i < len(data) and data[i] != 0:
            i += 1
        starts[k + 1] = i + AFTER_WORD
        if starts[k + 1] > len(data):
            return starts[: k + 1]
    return starts


@kernel
def hash_entries(data: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The hash table of the entries: int32, its size a power of two, -1 where free."""
    size = 16
    while size < 2 * len(starts):
        size *= 2
    slots = np.full(size, _FREE, np.int32)
    for k in range(len(starts) - 1):
        slot = np.int64(hash_word(data, starts[k], starts[k + 1] - AFTER_WORD)) & (size - 1)
        while slots[slot] != _FREE:
            slot = (slot + 1) & (size - 1)
        slots[slot] = k
    return slots


@kernel
def bit_set(members: np.ndarray, size: int) -> np.ndarray:
    """A bit for each number below ``size``, set for the members: uint64."""
    bits = np.zeros(size // 64 + 1, np.uint64)
    for member in members:
        bits[member >> 6] |= _ONE << np.uint64(member & 63)
    return bits
