"""N-grams of words that documents share with other text, by 64-bit hashes.

Words are UAX #29 words that begin with a letter or number; lower the case of the text before.
"""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.kernels.edges import edges_room, find_words
from assay.text.kernels.segment import ALNUM
from assay.text.kernels.utf8 import hash_span

_BASE = np.uint64(0xA0761D6478BD642F)
_ONE = np.uint64(1)
_SPREAD = np.uint64(29)
_SHIFT = np.uint64(32)
_FREE = np.uint64(0)


@kernel
def hash_ngrams(data: np.ndarray, offsets: np.ndarray, table: np.ndarray, n: int) -> np.ndarray:
    """The hashes of all n-grams of all documents, in order: uint64, never 0."""
    room = offsets[-1] - offsets[0] + 1
    edges = np.empty(edges_room(offsets), np.int64)
    hashes = np.empty(room, np.uint64)
    total = 0
    for document in range(len(offsets) - 1):
        words = find_words(data, offsets[document], offsets[document + 1], table, ALNUM, edges)
        total += _hash_windows(data, edges, words, n, hashes[total:])
    return hashes[:total].copy()


@helper
def _hash_windows(data, edges, words, n, hashes):
    """Write the hashes of the n-grams of one document; how many there are."""
    drop = _ONE
    for _ in range(n):
        drop *= _BASE
    rolling = np.uint64(0)
    for k in range(words):
        rolling = rolling * _BASE + _hash_word(data, edges, k)
        if k >= n:
            rolling -= drop * _hash_word(data, edges, k - n)
        if k >= n - 1:
            hashes[k - n + 1] = (rolling ^ rolling >> _SPREAD) | _ONE
    return max(words - n + 1, 0)


@helper
def _hash_word(data, edges, k):
    return hash_span(data, edges[2 * k], edges[2 * k + 1])


@kernel
def hash_set(hashes: np.ndarray) -> np.ndarray:
    """A set of hashes that ``count_shared`` can look into: uint64, its size a power of two, 0 where free."""
    size = 16
    while size < 2 * len(hashes):
        size *= 2
    slots = np.zeros(size, np.uint64)
    for value in hashes:
        slots[_find(slots, value)] = value
    return slots


@helper
def _find(slots, value):
    """Where in the set the value is, or would be."""
    mask = len(slots) - 1
    slot = np.int64(value >> _SHIFT) & mask
    while slots[slot] not in (_FREE, value):
        slot = (slot + 1) & mask
    return slot


@kernel
def find_shared(
    data: np.ndarray, offsets: np.ndarray, table: np.ndarray, n: int, slots: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The n-grams of documents that are in the set, at every place where they occur: hash (uint64) and document."""
    hashes, documents = np.empty(1024, np.uint64), np.empty(1024, np.int64)
    count = 0
    for document in range(len(offsets) - 1):
        for value in hash_ngrams(data, offsets[document : document + 2], table, n):
            if slots[_find(slots, value)] == _FREE:
                continue
            if count == len(hashes):
                hashes, documents = np.concatenate((hashes, hashes)), np.concatenate((documents, documents))
            hashes[count], documents[count] = value, document
            count += 1
    return hashes[:count].copy(), documents[:count].copy()


@kernel
def count_shared(data: np.ndarray, offsets: np.ndarray, table: np.ndarray, n: int, slots: np.ndarray) -> np.ndarray:
    """How many n-grams of each document are in the set, counted at every place where they occur: int64."""
    shared = np.zeros(len(offsets) - 1, np.int64)
    for document in range(len(shared)):
        hashes = hash_ngrams(data, offsets[document : document + 2], table, n)
        for value in hashes:
            shared[document] += slots[_find(slots, value)] != _FREE
    return shared
