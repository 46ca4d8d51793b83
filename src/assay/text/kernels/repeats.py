"""How much of a document is repeated: lines, paragraphs, and n-grams of words.

Everything is counted exactly: words, lines and paragraphs get numbers by their bytes, and an n-gram is known by the
numbers of the two (n-1)-grams in it. An n-gram can be repeated only where both of these are, so that only the few
places which are left from one n to the next are looked at again.
"""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.kernels.segments import LINE, PARAGRAPH, next_segment
from assay.text.kernels.utf8 import count_characters, hash_span, same_span
from assay.text.kernels.words import find_words

COUNT, CHARACTERS = 0, 1
TOP, COVERED = 0, 1

_FREE = -1
_SHIFT = np.uint64(32)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


@helper
def _table_size(entries):
    """A power of two that leaves at least half of a hash table free."""
    size = 16
    while size < 2 * entries:
        size *= 2
    return size


@kernel
def number_spans(data, starts, stops, count, numbers):
    """Give equal spans equal numbers, from 0 on in the order of first appearance; how many numbers there are."""
    mask = _table_size(count) - 1
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
            distinct += 1
        numbers[k] = slots[slot]
    return distinct


@kernel
def repeated_segments(data: np.ndarray, offsets: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Repeated lines and paragraphs of each document: float64 (documents, 2, 2).

    ``[:, 0]`` are lines and ``[:, 1]`` paragraphs; ``[..., COUNT]`` is the share of segments that occur more than once
    (every occurrence counts), ``[..., CHARACTERS]`` their share of the characters. NaN without segments.
    """
    out = np.empty((len(offsets) - 1, 2, 2), np.float64)
    room = _longest(offsets) // 2 + 1
    starts, stops = np.empty(room, np.int64), np.empty(room, np.int64)
    for document in range(len(out)):
        for newlines in (LINE, PARAGRAPH):
            count = 0
            stop = offsets[document + 1]
            start, end, i = next_segment(data, offsets[document], stop, table, newlines)
            while start < end:
                starts[count], stops[count] = start, end
                count += 1
                start, end, i = next_segment(data, i, stop, table, newlines)
            _share_repeated(data, starts, stops, count, out[document, newlines - 1])
    return out


@helper
def _longest(offsets):
    longest = 0
    for document in range(len(offsets) - 1):
        longest = max(longest, offsets[document + 1] - offsets[document])
    return longest


@kernel
def _share_repeated(data, starts, stops, count, out):
    numbers = np.empty(count, np.int32)
    occurrences = np.zeros(number_spans(data, starts, stops, count, numbers), np.int64)
    for k in range(count):
        occurrences[numbers[k]] += 1
    repeated = repeated_characters = characters = 0
    for k in range(count):
        size = count_characters(data, starts[k], stops[k])
        characters += size
        if occurrences[numbers[k]] > 1:
            repeated += 1
            repeated_characters += size
    out[COUNT] = repeated / count
    out[CHARACTERS] = repeated_characters / characters


@kernel
def repeated_ngrams(data: np.ndarray, offsets: np.ndarray, table: np.ndarray, longest: int) -> np.ndarray:
    """Repeated n-grams of UAX #29 words that begin with a letter or number: float64 (documents, longest - 1, 2).

    ``[:, n - 2]`` is for n-grams of n words, as shares of the characters of all words. ``[..., TOP]``: occurrences of
    the most frequent n-gram times its characters (of the longest, when several are most frequent). ``[..., COVERED]``:
    characters of the words that lie in any n-gram which occurs more than once. 0 when no n-gram is repeated.
    """
    out = np.zeros((len(offsets) - 1, longest - 1, 2), np.float64)
    room = _longest(offsets)
    starts, stops = np.empty(room, np.int64), np.empty(room, np.int64)
    for document in range(len(out)):
        count = find_words(data, offsets[document], offsets[document + 1], table, starts, stops)
        grams = np.empty(count, np.int32)
        distinct = number_spans(data, starts, stops, count, grams)
        ends = np.zeros(count + 1, np.int64)
        for k in range(count):
            ends[k + 1] = ends[k] + count_characters(data, starts[k], stops[k])
        _measure_ngrams(grams, distinct, ends, out[document])
    return out


@kernel
def _measure_ngrams(grams, distinct, ends, out):
    """Fill ``out`` from the numbers of the words and the cumulated characters of the words."""
    places = np.arange(len(grams))
    left = _keep_repeated(grams, distinct, places, len(places), np.zeros(distinct, np.int32))
    slots = np.empty(_table_size(left), np.int32)
    keys = np.empty(left, np.uint64)
    for n in range(2, len(out) + 2):
        if left < 2:
            break
        left, distinct = _number_ngrams(grams, places, left, slots, keys)
        occurrences = np.zeros(distinct, np.int32)
        left = _keep_repeated(grams, distinct, places, left, occurrences)
        out[n - 2, TOP] = _top(grams, places, left, occurrences, ends, n) / ends[-1]
        out[n - 2, COVERED] = _covered(places, left, ends, n) / ends[-1]


@helper
def _keep_repeated(grams, distinct, places, count, occurrences):
    """Count the n-grams at the places; keep the places of those that occur more than once, mark the others free."""
    for k in range(count):
        occurrences[grams[places[k]]] += 1
    left = 0
    for k in range(count):
        place = places[k]
        if occurrences[grams[place]] > 1:
            places[left] = place
            left += 1
        else:
            grams[place] = _FREE
    return left


@helper
def _number_ngrams(grams, places, count, slots, keys):
    """From (n-1)-grams to n-grams: their numbers replace those of the shorter ones, where both of these are repeated.

    Returns how many places are left and how many n-grams differ.
    """
    mask = _table_size(count) - 1
    slots[: mask + 1] = _FREE
    left = distinct = 0
    for k in range(count):
        place = places[k]
        if place + 1 == len(grams) or grams[place + 1] == _FREE:
            grams[place] = _FREE
            continue
        key = np.uint64(grams[place]) << _SHIFT | np.uint64(grams[place + 1])
        slot = np.int64(key * _SPREAD >> _SHIFT) & mask
        while slots[slot] != _FREE and keys[slots[slot]] != key:
            slot = (slot + 1) & mask
        if slots[slot] == _FREE:
            slots[slot] = distinct
            keys[distinct] = key
            distinct += 1
        grams[place] = slots[slot]
        places[left] = place
        left += 1
    return left, distinct


@helper
def _top(grams, places, count, occurrences, ends, n):
    most = longest = 0
    for k in range(count):
        place = places[k]
        times = occurrences[grams[place]]
        size = ends[place + n] - ends[place]
        if times > most or (times == most and size > longest):
            most, longest = times, size
    return most * longest


@helper
def _covered(places, count, ends, n):
    characters = reached = 0
    for k in range(count):
        first = max(places[k], reached)
        reached = places[k] + n
        characters += ends[reached] - ends[first]
    return characters
