"""MinHash: signatures of documents in bands, and the Jaccard similarity of their shingles.

A shingle is a window of n words; all words of a document that has fewer are one. Words are UAX #29 words that begin
with a letter or number; lower the case of the text before.
"""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.kernels.edges import edges_room, find_words
from assay.text.kernels.segment import ALNUM
from assay.text.kernels.utf8 import hash_span

_BASE = np.uint64(0xA0761D6478BD642F)
_MIX = np.uint64(0xE7037ED1A0B428DB)
_ONE, _ZERO = np.uint64(1), np.uint64(0)
_HALF, _LESS = np.uint64(32), np.uint64(29)
_WORST = np.uint32(0xFFFFFFFF)


@kernel
def band_hashes(
    data: np.ndarray, offsets: np.ndarray, table: np.ndarray, n: int, permutations: tuple[np.ndarray, np.ndarray, int]
) -> np.ndarray:
    """A hash of each band of each document's signature: uint64 (bands, documents); 0 for documents without words.

    ``permutations`` of 32-bit hashes x are (x ^ b) · a modulo 2^32: the arrays a (odd) and b (uint32), of as many
    entries as the signature has; and the rows of a band.
    """
    multipliers, masks, rows = permutations
    bands = len(multipliers) // rows
    out = np.zeros((bands, len(offsets) - 1), np.uint64)
    edges, words = np.empty(edges_room(offsets), np.int64), np.empty(edges_room(offsets), np.uint64)
    least = np.empty(len(multipliers), np.uint32)
    for document in range(len(offsets) - 1):
        shingles = _shingles(data, offsets[document], offsets[document + 1], table, n, (edges, words))
        if shingles == 0:
            continue
        least[:] = _WORST
        for k in range(shingles):
            value = np.uint32(words[k] >> _HALF)
            for p in range(len(least)):
                hashed = np.uint32(np.uint32(value ^ masks[p]) * multipliers[p])
                least[p] = min(least[p], hashed)
        for band in range(bands):
            value = np.uint64(band + 1)
            for p in range(band * rows, (band + 1) * rows):
                value = _mix(value * _BASE + np.uint64(least[p]))
            out[band, document] = value | _ONE
    return out


@helper
def _mix(value):
    value ^= value >> _HALF
    value *= _MIX
    return value ^ (value >> _LESS)


@helper
def _shingles(data, start, stop, table, n, room):
    """Write the hashes of the shingles of a document, repeats and all; how many there are."""
    edges, words = room
    count = find_words(data, start, stop, table, ALNUM, edges)
    for k in range(count):
        words[k] = hash_span(data, edges[2 * k], edges[2 * k + 1])
    if count == 0:
        return 0
    size = min(n, count)
    drop = _ONE
    for _ in range(size):
        drop *= _BASE
    rolling = _ZERO
    for k in range(size):
        rolling = rolling * _BASE + words[k]
    for k in range(size, count):
        first = words[k - size]
        words[k - size] = _mix(rolling)
        rolling = rolling * _BASE + words[k] - drop * first
    words[count - size] = _mix(rolling)
    return count - size + 1


@kernel
def shingle_sets(data: np.ndarray, offsets: np.ndarray, table: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The different shingles of each document, sorted (uint64), and where those of each begin (int64)."""
    edges, words = np.empty(edges_room(offsets), np.int64), np.empty(edges_room(offsets), np.uint64)
    begins = np.zeros(len(offsets), np.int64)
    values = np.empty(1024, np.uint64)
    for document in range(len(offsets) - 1):
        count = _shingles(data, offsets[document], offsets[document + 1], table, n, (edges, words))
        found = np.unique(words[:count])
        total = begins[document] + len(found)
        if total > len(values):
            values = np.concatenate((values, np.empty(total, np.uint64)))
        values[begins[document] : total] = found
        begins[document + 1] = total
    return values[: begins[-1]].copy(), begins


@kernel
def jaccard(values: np.ndarray, begins: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """The Jaccard similarity of pairs (int64 (pairs, 2)) of documents by their sorted shingles: float64."""
    out = np.empty(len(pairs), np.float64)
    for pair in range(len(pairs)):
        i, i_end = begins[pairs[pair, 0]], begins[pairs[pair, 0] + 1]
        j, j_end = begins[pairs[pair, 1]], begins[pairs[pair, 1] + 1]
        total, common = i_end - i + j_end - j, 0
        while i < i_end and j < j_end:
            common += values[i] == values[j]
            step_i, step_j = values[i] <= values[j], values[j] <= values[i]
            i += step_i
            j += step_j
        out[pair] = common / (total - common)
    return out


@kernel
def candidates(keys: np.ndarray, back: int) -> np.ndarray:
    """Pairs of documents with equal keys in a band, the preferred one first: int64 (pairs, 2).

    ``keys`` (uint64, 0: in no bucket) are those of the documents by falling preference. Each is paired with the first
    of its bucket, and with the ``back`` before it: those that are alike meet, and a bucket of many stays small work.
    """
    size = 16
    while size < 2 * len(keys):
        size *= 2
    slots = np.full(size, -1, np.int64)
    first, before = np.empty(len(keys), np.int64), np.empty(len(keys), np.int64)
    pairs = np.empty((1024, 2), np.int64)
    count = 0
    for i in range(len(keys)):
        if keys[i] == _ZERO:
            continue
        slot = np.int64(keys[i] >> _HALF) & (size - 1)
        while slots[slot] >= 0 and keys[slots[slot]] != keys[i]:
            slot = (slot + 1) & (size - 1)
        other = slots[slot]
        slots[slot], before[i] = i, other
        first[i] = i if other < 0 else first[other]
        if count + back + 1 > len(pairs):
            pairs = np.concatenate((pairs, np.empty_like(pairs)))
        for _ in range(back):
            if other < 0 or other == first[i]:
                break
            pairs[count] = other, i
            count, other = count + 1, before[other]
        if first[i] < i:
            pairs[count] = first[i], i
            count += 1
    return pairs[:count].copy()


@kernel
def components(count: int, pairs: np.ndarray) -> np.ndarray:
    """For each of so many documents the least one to which pairs connect it: int64."""
    parents = np.arange(count)
    for pair in range(len(pairs)):
        a, b = _root(parents, pairs[pair, 0]), _root(parents, pairs[pair, 1])
        parents[max(a, b)] = min(a, b)
    for i in range(count):
        parents[i] = parents[parents[i]]
    return parents


@helper
def _root(parents, i):
    while parents[i] != i:
        parents[i] = parents[parents[i]]
        i = parents[i]
    return i


@kernel
def nearest_kept(count: int, pairs: np.ndarray, similar: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of which document each of so many is the repeat (int64, -1: of none, it stays), and how similar the two are.

    ``pairs`` are sorted by their second, which the first is preferred to; only pairs that are alike are given. A
    document goes when one that stays is like it, whatever else is like that: chains do not reach further.
    """
    twins, best = np.full(count, -1, np.int64), np.zeros(count, np.float64)
    for pair in range(len(pairs)):
        kept, i = pairs[pair]
        if twins[kept] < 0 and similar[pair] > best[i]:
            twins[i], best[i] = kept, similar[pair]
    return twins, best
