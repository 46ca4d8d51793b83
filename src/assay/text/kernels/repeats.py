"""How much of a document is repeated: lines, paragraphs, and n-grams of words.

Everything is counted exactly: words, lines and paragraphs get numbers by their bytes, and an n-gram is known by the
numbers of the two (n-1)-grams in it. An n-gram can be repeated only where both of these are, so that only the few
places which are left from one n to the next are looked at again.
"""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel, subkernel
from assay.text.kernels.block import count_characters
from assay.text.kernels.edges import document_words, edges_room, longest_document
from assay.text.kernels.numbers import find_key, number_key, number_spans, number_words, spread, table_size
from assay.text.kernels.senses import PARAGRAPH_RUNS, next_piece, stripped

SEGMENT_COLUMNS = ("segments", "characters", "repeated", "repeated_characters", "later", "later_characters")
_SEGMENTS, _CHARACTERS, _REPEATED, _REPEATED_CHARACTERS, _LATER, _LATER_CHARACTERS = range(len(SEGMENT_COLUMNS))

NGRAM_COLUMNS = ("characters", "most", "longest", "first", "covered", "repeated")
_ALL, _MOST, _LONGEST, _FIRST, _COVERED, _COPIES = range(len(NGRAM_COLUMNS))

_SHIFT = np.uint64(32)


@kernel
def repeated_segments(data: np.ndarray, offsets: np.ndarray, table: np.ndarray, kind: int) -> np.ndarray:
    """Repeated lines or paragraphs of each document: int64 (documents, len(SEGMENT_COLUMNS)).

    ``kind`` says what a segment is (``senses.py``). ``repeated`` counts every occurrence of a segment that occurs more
    than once, ``later`` every occurrence but the first.
    """
    out = np.zeros((len(offsets) - 1, len(SEGMENT_COLUMNS)), np.int64)
    room = longest_document(offsets) + 1
    starts, stops = np.empty(room, np.int64), np.empty(room, np.int64)
    for document in range(len(out)):
        count = 0
        i, stop = offsets[document], offsets[document + 1]
        if kind == PARAGRAPH_RUNS:
            i, stop = stripped(data, i, stop, table)
        start, end, i = next_piece(data, i, stop, table, kind)
        while start >= 0:
            starts[count], stops[count] = start, end
            count += 1
            start, end, i = next_piece(data, i, stop, table, kind)
        _count_repeated(data, starts[:count], stops[:count], out[document])
    return out


@subkernel
def _count_repeated(data, starts, stops, out):
    count = len(starts)
    if count == 1:  # most documents are one paragraph
        out[_SEGMENTS], out[_CHARACTERS] = 1, count_characters(data, starts[0], stops[0])
        return
    numbers, occurrences = np.empty(count, np.int32), np.empty(count, np.int32)
    number_spans(data, starts, stops, numbers, occurrences)
    out[_SEGMENTS] = count
    seen = 0  # numbers are given in order: a segment is the first of its kind when its number is new
    for k in range(count):
        size = count_characters(data, starts[k], stops[k])
        out[_CHARACTERS] += size
        if occurrences[numbers[k]] > 1:
            out[_REPEATED] += 1
            out[_REPEATED_CHARACTERS] += size
        if numbers[k] < seen:
            out[_LATER] += 1
            out[_LATER_CHARACTERS] += size
        else:
            seen += 1


@kernel
def repeated_ngrams(data: np.ndarray, offsets: np.ndarray, table: np.ndarray, words: tuple, longest: int) -> np.ndarray:
    """Repeated n-grams of ``words`` (``words.document_words``): int64 (documents, longest, len(NGRAM_COLUMNS)).

    ``[:, n - 1]`` is for n-grams of n words; all numbers but ``most`` are characters of words. ``characters``: of all
    n-grams, at every place. ``most``: how often the most frequent n-gram occurs, 0 when there is none; ``longest`` and
    ``first``: its characters, of the longest one or of the one that comes first when several are most frequent.
    ``covered``: of the words in any n-gram that occurs more than once; ``repeated``: of these n-grams, at every place.
    Of single words, only ``characters`` is told.
    """
    out = np.zeros((len(offsets) - 1, longest, len(NGRAM_COLUMNS)), np.int64)
    edges = np.empty(edges_room(offsets), np.int64)
    for document in range(len(out)):
        count = document_words(data, offsets, table, words, document, edges)
        grams, occurrences = np.empty(count, np.int32), np.empty(count, np.int32)
        ends = np.empty(count + 1, np.int64)
        number_words(data, edges, grams, occurrences, ends)
        _measure_all(ends, out[document])
        _measure_repeated(grams, occurrences, ends, out[document])
    return out


@helper
def _measure_all(ends, out):
    """What can be told without looking at the words: of all n-grams, and of the first when none is repeated."""
    words = len(ends) - 1
    before = after = 0  # sums of the cumulated characters where the n-grams begin and end
    for k in range(words + 1):
        before += ends[k]
    after = before
    for n in range(1, min(len(out), words) + 1):
        before -= ends[words + 1 - n]
        after -= ends[n - 1]
        out[n - 1, _ALL] = after - before
        out[n - 1, _MOST] = 1
        out[n - 1, _FIRST] = out[n - 1, _LONGEST] = ends[n]


@subkernel
def _measure_repeated(grams, occurrences, ends, out):
    """Fill ``out`` from the numbers of the words, how often each occurs, and the cumulated characters of the words.

    ``places`` are those where the n-grams looked at begin, ``grams`` there are their numbers.
    """
    places = np.empty(len(grams) + 1, np.int32)
    for place in range(len(grams)):
        places[place] = place
    left = _keep_repeated(grams, occurrences, places, len(grams))
    slots = np.empty(table_size(left), np.int32)
    keys = np.empty(left + 1, np.uint64)
    for n in range(2, len(out) + 1):
        left = _keep_neighbours(places, left)
        if left < 2:
            break
        _number_ngrams(grams, occurrences, places, left, slots, keys)
        left = _keep_repeated(grams, occurrences, places, left)
        _measure_places(grams, occurrences, places[:left], ends, n, out[n - 1])


# These have no branches, which would be mispredicted at every third place.


@helper
def _keep_repeated(grams, occurrences, places, count):
    """Keep the places of n-grams that occur more than once; how many are left."""
    left = 0
    for k in range(count):
        places[left] = places[k]
        left += occurrences[grams[places[k]]] > 1
    return left


@helper
def _keep_neighbours(places, count):
    """Keep the places whose next place is among them too; how many are left."""
    left = 0
    for k in range(count - 1):
        place, following = places[k], places[k + 1]
        places[left] = place
        left += following == place + 1
    return left


@helper
def _number_ngrams(grams, occurrences, places, count, slots, keys):
    """From (n-1)-grams to n-grams: their numbers replace those of the shorter ones; count their occurrences."""
    slots = slots[: table_size(count)]
    slots[:] = 0
    occurrences[:count] = 0
    distinct = 0
    for k in range(count):
        place = places[k]
        key = np.uint64(grams[place]) << _SHIFT | np.uint64(grams[place + 1])
        slot = find_key(slots, keys, key, spread(key, len(slots) - 1))
        number = number_key(slots, keys, key, slot, distinct)
        distinct += number == distinct
        grams[place] = number
        occurrences[number] += 1


@helper
def _measure_places(grams, occurrences, places, ends, n, out):
    """Measure the n-grams at the places where they are repeated."""
    most, first, longest, copies, covered = 1, out[_FIRST], out[_LONGEST], 0, 0
    reached = 0
    for place in places:
        times = occurrences[grams[place]]
        size = ends[place + n] - ends[place]
        if times > most:
            most = times
            first = longest = size
        elif times == most:
            longest = max(longest, size)
        copies += size
        covered += ends[place + n] - ends[max(place, reached)]
        reached = place + n
    out[_MOST], out[_FIRST], out[_LONGEST], out[_COPIES], out[_COVERED] = most, first, longest, copies, covered
