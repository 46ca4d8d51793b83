"""Repeated n-grams as datatrove counts them: a walk that jumps over every n-gram it has seen before.

The n-grams are compared as the text that their words make without spaces, so that "a bc" and "ab c" are equal. An
n-gram of at least 16 bytes can be repeated only where these 16 are; the walk looks only at such places and at those of
shorter n-grams.
"""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel, subkernel
from assay.curation.documents import SLACK
from assay.text.kernels.block import count_characters
from assay.text.kernels.edges import document_words, edges_room, longest_document
from assay.text.kernels.numbers import spread, table_size
from assay.text.kernels.utf8 import add_shifted, copy_span, hash_16, same_span, shift_back

_FREE = -1
_BEGINNING = 16
_MANY = np.uint8(2)


@kernel
def jumped_ngrams(
    data: np.ndarray, offsets: np.ndarray, table: np.ndarray, words: tuple, shortest: int, longest: int
) -> np.ndarray:
    """Characters in n-grams that the walk jumps over, ``words`` as in ``words.document_words``.

    int64 (documents, longest - shortest + 1); the last axis are the n-grams of ``shortest`` … ``longest`` words.
    """
    out = np.zeros((len(offsets) - 1, longest - shortest + 1), np.int64)
    edges = np.empty(edges_room(offsets), np.int64)
    dense = np.zeros(longest_document(offsets) + SLACK, np.uint8)
    for document in range(len(out)):
        count = document_words(data, offsets, table, words, document, edges)
        ends, sums = np.zeros(count + 1, np.int64), np.zeros(count + 1, np.uint64)
        for k in range(count):
            start, stop = edges[2 * k], edges[2 * k + 1]
            copy_span(data, start, stop, dense, ends[k])
            sums[k + 1] = add_shifted(sums[k], data, start, stop, ends[k])
            ends[k + 1] = ends[k] + stop - start
        _walk_all(dense, ends, sums, shortest, out[document])
    return out


@subkernel
def _walk_all(dense, ends, sums, shortest, out):
    room = max(len(ends) - shortest, 0)
    places, again, hashes = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.uint64)
    seen, slots = np.empty(4 * table_size(room), np.uint8), np.empty(table_size(room), np.int32)
    short = np.empty(room, np.bool_)
    for k in range(room):
        places[k] = k
        short[k] = ends[k + shortest] - ends[k] < _BEGINNING
        hashes[k] = hash_16(dense, ends[k])
    candidates = _keep_repeated(hashes, short, places, room, seen, places)
    short[:] = False
    for n in range(shortest, shortest + len(out)):
        for k in range(candidates):
            place = places[k]
            hashes[place] = shift_back(sums[min(place + n, room + shortest - 1)], sums[place], ends[place])
        left = _keep_repeated(hashes, short, places, candidates, seen, again)
        out[n - shortest] = _walk(dense, ends, again[:left], n, hashes, slots)


@helper
def _keep_repeated(hashes, always, places, count, seen, kept):
    """Write into ``kept`` the places whose hashes other places have too, perhaps; how many there are."""
    mask = 4 * table_size(count) - 1
    seen[: mask + 1] = 0
    for k in range(count):
        slot = spread(hashes[places[k]], mask)
        seen[slot] = min(seen[slot] + 1, _MANY)
    left = 0
    for k in range(count):
        place = places[k]
        kept[left] = place
        left += always[place] | (seen[spread(hashes[place], mask)] == _MANY)
    return left


@helper
def _walk(dense, ends, places, n, hashes, slots):
    mask = table_size(len(places)) - 1
    slots[: mask + 1] = _FREE
    jumped = reached = 0
    for place in places:
        if place < reached or place + n >= len(ends):
            continue
        start, size = ends[place], ends[place + n] - ends[place]
        slot = spread(hashes[place], mask)
        while slots[slot] != _FREE:
            first = slots[slot]
            if ends[first + n] - ends[first] == size and same_span(dense, ends[first], start, size):
                break
            slot = (slot + 1) & mask
        if slots[slot] == _FREE:
            slots[slot] = place
        else:
            jumped += count_characters(dense, start, start + size)
            reached = place + n
    return jumped
