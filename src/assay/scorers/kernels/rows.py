"""Which rows of a fastText model's input matrix a line of text has, and their sum.

A word has the row of its entry in the dictionary, if it has one, and those of its n-grams of characters; so have the
n-grams of words, which come last. Rows are added in the order of the C++ program, so that the sums are the same.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from assay.base.compile import helper, subkernel
from assay.scorers.kernels.dictionary import (
    HASH_OF_NOTHING,
    Dictionary,
    begins_with,
    extend_hash,
    find_entry,
    hash_word,
    is_word,
    ngram_row,
)
from assay.text.kernels.segment import is_separator
from assay.text.kernels.utf8 import same_span

_NEWLINE, _BEGIN, _END = 10, ord("<"), ord(">")
_LABEL = np.frombuffer(b"__label__", np.uint8)
_LINE_END = np.frombuffer(b"</s>", np.uint8)
_NGRAM_FACTOR = np.uint64(116049371)  # Dictionary::addWordNgrams

_FREE = -1
_LONGEST = 64
"""Bytes of the words that are cached; longer ones hardly come back."""
_KEPT_WORDS = 1 << 15
_KEPT_ROWS = 1 << 20
_AT_ONCE = 1 << 10
"""Rows that are gathered before they are added."""


class Cache(NamedTuple):
    """The rows of words that the text had before, whose n-grams then need not be hashed again."""

    slots: np.ndarray
    """int32: a hash table of the words."""
    size: np.ndarray
    """How many words there are: int64 (1)."""
    spans: np.ndarray
    """Where the text has each word: int64 (words, 2)."""
    rows: np.ndarray
    ends: np.ndarray
    """Word k has ``rows[ends[k]:ends[k + 1]]``."""
    is_word: np.ndarray
    """Whether it counts as a word; labels do not."""


class Summing(NamedTuple):
    """What it takes to add up the rows of a line: they are gathered, and added a thousand or so at a time."""

    dictionary: Dictionary
    matrix: np.ndarray
    """float32 (rows, dim)."""
    cache: Cache
    total: np.ndarray
    """float32 (dim)."""
    rows: np.ndarray
    """int32: the rows not added yet, and room for those of one more word."""
    counts: np.ndarray
    """int64: how many rows there are of these, and how many of the whole line."""
    hashes: np.ndarray
    """int32: the hashes of the line's words. Empty: they are not needed."""


def new_summing(dictionary: Dictionary, matrix: np.ndarray, longest: int) -> Summing:
    """Nothing summed yet; no text may have more bytes than ``longest``."""
    of_a_word = (_LONGEST + 2) * dictionary.longest + 1
    total, rows = np.zeros(matrix.shape[1], np.float32), np.empty(_AT_ONCE + of_a_word, np.int32)
    hashes = np.empty(longest // 2 + 2 if dictionary.word_ngrams > 1 else 0, np.int32)
    return Summing(dictionary, matrix, _new_cache(of_a_word), total, rows, np.zeros(2, np.int64), hashes)


def _new_cache(of_a_word: int) -> Cache:
    """An empty cache of words that have so many rows at most."""
    slots = np.full(4 * _KEPT_WORDS, _FREE, np.int32)
    spans, ends = np.empty((_KEPT_WORDS, 2), np.int64), np.zeros(_KEPT_WORDS + 1, np.int64)
    rows = np.empty(_KEPT_ROWS + of_a_word, np.int32)
    return Cache(slots, np.zeros(1, np.int64), spans, rows, ends, np.empty(_KEPT_WORDS, np.bool_))


@subkernel
def sum_rows(data, start, stop, summing):
    """Add up the rows of a line in ``total``; how many there are."""
    summing.total[:] = 0
    summing.counts[:] = 0
    words = _add_words(data, start, stop, summing)
    if summing.dictionary.word_ngrams > 1:
        _add_word_ngrams(words, summing)
    _flush(summing)
    return summing.counts[1]


@subkernel
def _flush(summing):
    """Add the gathered rows, in their order."""
    matrix, total, rows = summing.matrix, summing.total, summing.rows
    count = summing.counts[0]
    k = 0
    while k + 4 <= count:  # four at a time, so that the total is read and written less often
        a, b, c, d = np.int64(rows[k]), np.int64(rows[k + 1]), np.int64(rows[k + 2]), np.int64(rows[k + 3])
        for i in range(len(total)):
            total[i] = total[i] + matrix[a, i] + matrix[b, i] + matrix[c, i] + matrix[d, i]
        k += 4
    while k < count:
        a = np.int64(rows[k])
        for i in range(len(total)):
            total[i] += matrix[a, i]
        k += 1
    summing.counts[1] += count
    summing.counts[0] = 0


@helper
def _add_words(data, start, stop, summing):
    """Gather the rows of a line's words, and keep the words' hashes; how many words there are."""
    words = 0
    i = start
    while True:
        while i < stop and is_separator(data[i]) and data[i] != _NEWLINE:
            i += 1
        end, value = i, HASH_OF_NOTHING
        while end < stop and not is_separator(data[end]):
            value = extend_hash(value, data[end])
            end += 1
        if end == i or is_word(data, i, end, _LINE_END):
            break
        if _add_word(data, i, end, value, summing):
            _keep(words, value, summing)
            words += 1
        i = end
    value = hash_word(_LINE_END, 0, len(_LINE_END))
    _add_row(find_entry(summing.dictionary, _LINE_END, 0, len(_LINE_END), value), summing)
    _keep(words, value, summing)
    return words + 1


@helper
def _keep(words, value, summing):
    if len(summing.hashes):
        summing.hashes[words] = np.int32(value)


@helper
def _add_word_ngrams(words, summing):
    """Gather the rows of the n-grams of words."""
    dictionary, hashes = summing.dictionary, summing.hashes
    for i in range(words):
        value = np.uint64(np.int64(hashes[i]))
        for j in range(i + 1, min(words, i + dictionary.word_ngrams)):
            value = value * _NGRAM_FACTOR + np.uint64(np.int64(hashes[j]))
            _add_row(ngram_row(dictionary, value % np.uint64(dictionary.buckets)), summing)


@helper
def _add_word(data, start, stop, value, summing):
    """Gather the rows of one word; whether it is one."""
    dictionary, cache = summing.dictionary, summing.cache
    if dictionary.longest > 0 and stop - start <= _LONGEST:
        k = _find_cached(data, start, stop, value, cache)
        if k < 0:
            k = _cache(data, start, stop, value, dictionary, cache)
        _gather(cache.rows, cache.ends[k], cache.ends[k + 1], summing)
        return cache.is_word[k]
    entry = find_entry(dictionary, data, start, stop, value)
    if not _counts(data, start, stop, entry, dictionary):
        return False
    _add_row(entry, summing)
    if dictionary.longest > 0:
        _add_ngrams(data, start, stop, summing)
    return True


@helper
def _gather(rows, start, stop, summing):
    count = summing.counts[0]
    for k in range(start, stop):
        summing.rows[count] = rows[k]
        count += 1
    summing.counts[0] = count
    if count >= _AT_ONCE:
        _flush(summing)


@helper
def _add_row(row, summing):
    """Gather one row, if there is one."""
    if row >= 0:
        summing.rows[summing.counts[0]] = row
        summing.counts[0] += 1
        if summing.counts[0] >= _AT_ONCE:
            _flush(summing)


@subkernel
def _add_ngrams(data, start, stop, summing):
    """Gather the rows of the n-grams of a long word."""
    for i in range(start - 1, stop + 1):
        free = summing.rows[summing.counts[0] :]
        summing.counts[0] += _write_ngrams(data, i, start, stop, summing.dictionary, free)
        if summing.counts[0] >= _AT_ONCE:
            _flush(summing)


@helper
def _find_cached(data, start, stop, value, cache):
    """The number of a word in the cache, -1 when it is not there."""
    mask = len(cache.slots) - 1
    slot = np.int64(value) & mask
    while cache.slots[slot] != _FREE:
        k = np.int64(cache.slots[slot])
        first = cache.spans[k, 0]
        if cache.spans[k, 1] - first == stop - start and same_span(data, first, start, stop - start):
            return k
        slot = (slot + 1) & mask
    return np.int64(-1)


@subkernel
def _cache(data, start, stop, value, dictionary, cache):
    """Put a word into the cache, which first forgets everything when it is full; the word's number."""
    k = cache.size[0]
    if k == _KEPT_WORDS or cache.ends[k] > _KEPT_ROWS:
        cache.slots[:] = _FREE
        k = 0
    cache.size[0] = k + 1
    mask = len(cache.slots) - 1
    slot = np.int64(value) & mask
    while cache.slots[slot] != _FREE:
        slot = (slot + 1) & mask
    cache.slots[slot] = k
    cache.spans[k, 0], cache.spans[k, 1] = start, stop
    entry = find_entry(dictionary, data, start, stop, value)
    cache.is_word[k] = _counts(data, start, stop, entry, dictionary)
    count = cache.ends[k]
    if cache.is_word[k]:
        if entry >= 0:
            cache.rows[count] = entry
            count += 1
        for i in range(start - 1, stop + 1):
            count += _write_ngrams(data, i, start, stop, dictionary, cache.rows[count:])
    cache.ends[k + 1] = count
    return k


@helper
def _counts(data, start, stop, entry, dictionary):
    """Whether it counts as a word. Labels do not: neither those of the model, nor what looks like one."""
    if entry >= 0:
        return entry < dictionary.words
    return not begins_with(data, start, stop, _LABEL)


@helper
def _write_ngrams(data, i, start, stop, dictionary, rows):
    """Write the rows of the n-grams of <word> that begin at byte i, if a character does; how many there are.

    ``start - 1`` is the place of the "<", ``stop`` that of the ">".
    """
    if start <= i < stop and data[i] & 0xC0 == 0x80:
        return 0
    value = HASH_OF_NOTHING
    count, end, n = 0, i, 1
    while end <= stop and n <= dictionary.longest:
        value = extend_hash(value, _BEGIN if end < start else _END if end == stop else data[end])
        end += 1
        while start <= end < stop and data[end] & 0xC0 == 0x80:
            value = extend_hash(value, data[end])
            end += 1
        if n >= dictionary.shortest and not (n == 1 and (i < start or end > stop)):
            row = ngram_row(dictionary, np.uint64(value) % np.uint64(dictionary.buckets))
            if row >= 0:
                rows[count] = row
                count += 1
        n += 1
    return count
