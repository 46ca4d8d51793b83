"""N-grams of documents in a Bloom filter, paragraph by paragraph: what of a document was seen before.

Words are UAX #29 words that are not blank, punctuation included. A paragraph is a line with the newline before it.
"""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.kernels.block import count_byte, find_byte
from assay.text.kernels.edges import longest_document
from assay.text.kernels.segment import UAX29, next_word
from assay.text.kernels.utf8 import hash_span
from assay.text.kernels.words import is_blank

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
    hashes = np.empty(longest_document(offsets) + 1, np.uint64)
    for document in range(len(counts)):
        i, stop = offsets[document], offsets[document + 1]
        while i < stop:
            end = stop if whole else _paragraph_end(data, i, stop)
            counts[document] += _hash_ngrams(data, i, end, table, sizes, hashes)
            i = end
    return counts


@kernel
def sweep(
    data: np.ndarray, offsets: np.ndarray, table: np.ndarray, sizes: tuple[int, int], bits: np.ndarray, rules: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Look every paragraph up in the filter, and put those that stay into it; ``bits`` (uint64) change.

    ``rules`` are the hashes an n-gram has, the share of known n-grams above which a paragraph goes, and whether a
    document counts as one paragraph. Returns the share of known n-grams of each document (of all its paragraphs, NaN
    without n-grams), the numbers of the paragraphs that go (int32), and where those of each document begin (int64).
    """
    probes, threshold, whole = rules
    shares = np.empty(len(offsets) - 1, np.float64)
    gone = np.empty(count_byte(data, offsets[0], offsets[-1], _NEWLINE) + len(shares), np.int32)
    ends = np.zeros(len(offsets), np.int64)
    hashes = np.empty(longest_document(offsets) + 1, np.uint64)
    total_gone = 0
    for document in range(len(shares)):
        i, stop = offsets[document], offsets[document + 1]
        known = total = number = 0
        while i < stop:
            end = stop if whole else _paragraph_end(data, i, stop)
            count = _hash_ngrams(data, i, end, table, sizes, hashes)
            found = _count_known(bits, hashes, count, probes)
            if count and found / count > threshold:
                gone[total_gone] = number
                total_gone += 1
            else:
                _insert(bits, hashes, count, probes)
            known, total, number, i = known + found, total + count, number + 1, end
        shares[document] = known / total
        ends[document + 1] = total_gone
    return shares, gone[:total_gone].copy(), ends


@helper
def _paragraph_end(data, i, stop):
    """Where the paragraph that begins at byte i ends: before the next newline but the one it begins with."""
    return find_byte(data, i + 1, stop, _NEWLINE)


@helper
def _hash_ngrams(data, start, stop, table, sizes, hashes):
    """Write the hashes of the n-grams of a paragraph; how many there are.

    They are all windows of the most words; without one, all words together, if they are not too few.
    """
    fewest, most = sizes
    drop = _ONE
    for _ in range(most):
        drop *= _BASE
    words = windows = 0
    rolling = np.uint64(0)
    first, end = next_word(data, start, stop, table, UAX29)
    while first < end:
        if not is_blank(data, first, end, table):
            value = hash_span(data, first, end)
            rolling = rolling * _BASE + value
            if words >= most:
                # The hashes of words lie at the end of the buffer's used part, in a ring of the last ``most``.
                rolling -= drop * hashes[len(hashes) - 1 - words % most]
            hashes[len(hashes) - 1 - words % most] = value
            words += 1
            if words >= most:
                hashes[windows] = rolling
                windows += 1
        first, end = next_word(data, end, stop, table, UAX29)
    if windows == 0 and fewest <= words and words > 0:
        hashes[0] = rolling
        return 1
    return windows


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
def _count_known(bits, hashes, count, probes):
    known = 0
    for k in range(count):
        position, step = _steps(hashes[k])
        present = True
        for _ in range(probes):
            if not (bits[_word(position, bits)] >> (position & _LOW)) & _ONE:
                present = False
                break
            position += step
        known += present
    return known


@helper
def _insert(bits, hashes, count, probes):
    for k in range(count):
        position, step = _steps(hashes[k])
        for _ in range(probes):
            bits[_word(position, bits)] |= _ONE << (position & _LOW)
            position += step
