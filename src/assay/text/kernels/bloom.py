"""N-grams of documents, and a Bloom filter of them.

Words are UAX #29 words that are not blank, punctuation included. A paragraph is a line with the newline before it.
"""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.characters import SPACE
from assay.text.kernels.block import find_byte
from assay.text.kernels.edges import longest_document
from assay.text.kernels.machine import count_ones
from assay.text.kernels.segment import UAX29, next_word
from assay.text.kernels.utf8 import decode, hash_span

_NEWLINE = 10
_BASE = np.uint64(0xA0761D6478BD642F)  # odd, with well-mixed bits
_MIX = np.uint64(0xE7037ED1A0B428DB)
_ONE = np.uint64(1)
_HALF = np.uint64(32)
_LOW = np.uint64(63)


@kernel
def count_ngrams(
    data: np.ndarray, offsets: np.ndarray, table: np.ndarray, sizes: tuple[int, int], whole: bool
) -> np.ndarray:
    """How many n-grams the paragraphs of each document have: int64.

    ``sizes``: fewest and most words of an n-gram; ``whole``: a document counts as one paragraph.
    """
    counts = np.zeros(len(offsets) - 1, np.int64)
    hashes, starts = (
        np.empty(longest_document(offsets) + 1, np.uint64),
        np.empty(longest_document(offsets) + 1, np.int64),
    )
    for document in range(len(counts)):
        i, stop = offsets[document], offsets[document + 1]
        while i < stop:
            end = stop if whole else paragraph_end(data, i, stop)
            counts[document] += hash_ngrams(data, i, end, table, sizes, (hashes, starts))[0]
            i = end
    return counts


@helper
def paragraph_end(data, i, stop):
    """Where the paragraph that begins at byte i ends: before the next newline but the one it begins with."""
    return find_byte(data, i + 1, stop, _NEWLINE)


@helper
def hash_ngrams(data, start, stop, table, sizes, room):
    """Write the hashes of the n-grams of a paragraph, and where its words start; how many there are of each.

    They are all windows of the most words; without one, all words together, if they are not too few. ``room`` are an
    array of uint64 and one of int64, longer by one than the paragraph.
    """
    hashes, starts = room
    fewest, most = sizes
    drop = _ONE
    for _ in range(most):
        drop *= _BASE
    words = windows = 0
    rolling = np.uint64(0)
    first, end = next_word(data, start, stop, table, UAX29)
    while first < end:
        if not _is_blank(data, first, end, table):
            value = hash_span(data, first, end)
            rolling = rolling * _BASE + value
            if words >= most:
                # The hashes of words lie at the end of the buffer's used part, in a ring of the last ``most``.
                rolling -= drop * hashes[len(hashes) - 1 - words % most]
            hashes[len(hashes) - 1 - words % most] = value
            starts[words] = first
            words += 1
            if words >= most:
                hashes[windows] = rolling
                windows += 1
        first, end = next_word(data, end, stop, table, UAX29)
    if windows == 0 and fewest <= words and words > 0:
        hashes[0] = rolling
        windows = 1
    return windows, words


@helper
def is_white(code, table):
    """Whether a character is white space for Rust: what Python calls so, without the separators U+001C to U+001F."""
    return table[code] & SPACE != 0 and not 0x1C <= code <= 0x1F


@helper
def _is_blank(data, start, stop, table):
    while start < stop:
        code, width = decode(data, start)
        if not is_white(code, table):
            return False
        start += width
    return True


@helper
def _steps(value):
    """Two hashes from one: where an n-gram's bits begin, and how far apart they are."""
    value ^= value >> _HALF
    value *= _MIX
    return value ^ (value >> _HALF), (value * _BASE) | _ONE


@helper
def _word(position, bits):
    """Which word of the filter a hash means; its last 6 bits say which bit."""
    return np.int64((position >> _HALF) * np.uint64(len(bits)) >> _HALF)


@helper
def is_known(bits, value, probes):
    """Whether the filter holds an n-gram."""
    position, step = _steps(value)
    for _ in range(probes):
        if not (bits[_word(position, bits)] >> (position & _LOW)) & _ONE:
            return False
        position += step
    return True


@helper
def count_known(bits, hashes, count, probes):
    """How many of the first n-grams the filter holds."""
    known = 0
    for k in range(count):
        known += is_known(bits, hashes[k], probes)
    return known


@helper
def insert(bits, value, probes):
    """Put an n-gram into the filter."""
    position, step = _steps(value)
    for _ in range(probes):
        bits[_word(position, bits)] |= _ONE << (position & _LOW)
        position += step


@helper
def insert_all(bits, hashes, count, probes):
    """Put the first n-grams into the filter."""
    for k in range(count):
        insert(bits, hashes[k], probes)


@kernel
def count_bits_set(bits: np.ndarray) -> int:
    """How many bits of the filter are set."""
    total = 0
    for word in bits:
        total += np.int64(count_ones(word))
    return int(total)
