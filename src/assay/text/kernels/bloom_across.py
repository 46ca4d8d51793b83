"""What of a document was seen before, by n-grams that run across its paragraphs: the spans that go, int64 pairs.

A text is its ``data``, start, stop and the table of characters; a filter its bits, hashes an n-gram, threshold, and
whether it is told what stays; the room for n-grams is that of ``kernels.bloom.hash_ngrams``. ``counts`` gets how many
n-grams are known, and how many there are.
"""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.kernels.block import count_byte, find_byte
from assay.text.kernels.bloom import hash_ngrams, insert, insert_all, is_known

_NEWLINE = 10


@kernel
def known_first_paragraph(text, sizes, filter_, room, counts):
    """The reference's mode both: the whole document, its first paragraph, or nothing.

    N-grams that end in the first paragraph are its own, all others nobody's; what reaches the threshold goes. When the
    first paragraph goes, what lies beyond it is not remembered either.
    """
    data, start, stop, table = text
    bits, probes, threshold, update = filter_
    hashes, starts = room
    windows, words = hash_ngrams(data, start, stop, table, sizes, room)
    known = _known(bits, hashes, windows, probes)
    counts[0], counts[1] = known.sum(), windows
    if windows and counts[0] / windows >= threshold:
        return np.array([[0, stop - start]])
    end = find_byte(data, start, stop, _NEWLINE)
    own = 0
    while words >= sizes[1] and own < windows and starts[own + sizes[1] - 1] < end:
        own += 1
    if own and known[:own].sum() / own >= threshold:
        return np.array([[0, end - start]])
    if update:
        insert_all(bits, hashes, windows, probes)
    return np.empty((0, 2), np.int64)


@kernel
def known_paragraphs(text, sizes, filter_, room, counts):
    """The same as it is meant: an n-gram is that of the paragraph in which it lies, and every paragraph can go.

    What goes has more than the threshold, as in the other modes. N-grams that touch no such paragraph are remembered.
    """
    data, start, stop, table = text
    bits, probes, threshold, update = filter_
    hashes, starts = room
    windows, words = hash_ngrams(data, start, stop, table, sizes, room)
    known = _known(bits, hashes, windows, probes)
    counts[0], counts[1] = known.sum(), windows
    if windows and counts[0] / windows > threshold:
        return np.array([[0, stop - start]])
    size = min(words, sizes[1])
    newlines = _newlines(data, start, stop)
    owners = _owners(starts, words, newlines)
    gone = _repeated(known, owners, size, len(newlines) - 1, threshold)
    for k in range(windows):
        if update and not gone[owners[k] : owners[k + size - 1] + 1].any():
            insert(bits, hashes[k], probes)
    spans = np.empty((gone.sum(), 2), np.int64)
    for count, paragraph in enumerate(np.flatnonzero(gone)):
        spans[count] = newlines[paragraph] - start, newlines[paragraph + 1] - start
    return spans


@kernel
def _known(bits, hashes, count, probes):
    known = np.empty(count, np.bool_)
    for k in range(count):
        known[k] = is_known(bits, hashes[k], probes)
    return known


@kernel
def _repeated(known, owners, size, paragraphs, threshold):
    """Which paragraphs have more than that share of known ones among the n-grams that lie in them."""
    totals, old = np.zeros(paragraphs, np.int64), np.zeros(paragraphs, np.int64)
    for k in range(len(known)):
        if owners[k] == owners[k + size - 1]:
            totals[owners[k]] += 1
            old[owners[k]] += known[k]
    return (totals > 0) & (old / np.maximum(totals, 1) > threshold)


@kernel
def _newlines(data, start, stop):
    """Where each paragraph of a document begins, and where the last ends; the first may be empty."""
    places = np.empty(count_byte(data, start, stop, _NEWLINE) + 2, np.int64)
    places[0], count = start, 1
    i = find_byte(data, start, stop, _NEWLINE)
    while i < stop:
        places[count] = i
        count += 1
        i = find_byte(data, i + 1, stop, _NEWLINE)
    places[count] = stop
    return places


@kernel
def _owners(starts, words, newlines):
    """In which paragraph each word lies."""
    owners = np.empty(words, np.int64)
    paragraph = 0
    for word in range(words):
        while paragraph + 2 < len(newlines) and starts[word] >= newlines[paragraph + 1]:
            paragraph += 1
        owners[word] = paragraph
    return owners


@kernel
def known_substrings(text, sizes, filter_, room, counts):
    """The spans of one document that go in the mode substring: int64 pairs.

    The runs of words all of whose n-grams are known, joined where little between them is new. What is before the first
    word goes with them, as in the reference; of a text with fewer words than an n-gram nothing does.
    """
    data, start, stop, table = text
    most, fewest = sizes
    bits, probes, threshold, update = filter_
    hashes, starts = room
    windows, words = hash_ngrams(data, start, stop, table, (most, most), room)
    if windows == 0:
        return np.empty((0, 2), np.int64)
    starts[words] = stop
    known = _known(bits, hashes, windows, probes)
    counts[0], counts[1] = known.sum(), windows
    runs = _merged(_known_runs(known, most))
    if threshold < 1:
        runs = _merged(_interleaved(_joined(runs, threshold), _joined(runs[::-1].copy(), threshold)))
    spans = np.empty((len(runs) + 1, 2), np.int64)
    spans[0] = 0, starts[0] - start
    count, kept = 1, 0
    for k in range(len(runs)):
        first, end = runs[k]
        if end - first >= fewest:
            if update:
                _insert_windows(bits, hashes, kept, first - most + 1, probes)
            spans[count] = starts[first] - start, starts[end] - start
            count, kept = count + 1, end
    if update:
        _insert_windows(bits, hashes, kept, words - most + 1, probes)
    return spans[:count]


@helper
def _insert_windows(bits, hashes, first, end, probes):
    for k in range(first, end):
        insert(bits, hashes[k], probes)


@kernel
def _known_runs(known, most):
    """Runs of known n-grams, as first word and the one behind the last."""
    runs = np.empty((len(known), 2), np.int64)
    count = 0
    for k in range(len(known)):
        if not known[k]:
            continue
        if count and runs[count - 1, 1] == k + most - 1:
            runs[count - 1, 1] = k + most
        else:
            runs[count] = k, k + most
            count += 1
    return runs[:count]


@kernel
def _merged(runs):
    """Runs that touch or overlap the one before become a part of it, in the order given."""
    merged = np.empty_like(runs)
    count = 0
    for k in range(len(runs)):
        if count and merged[count - 1, 1] >= runs[k, 0]:
            merged[count - 1, 1] = max(merged[count - 1, 1], runs[k, 1])
        else:
            merged[count] = runs[k]
            count += 1
    return merged[:count]


@kernel
def _joined(runs, threshold):
    """Runs joined to the one before, in the order given, where they fill at least that share of the whole."""
    joined = np.empty_like(runs)
    filled, count = 0, 0
    for k in range(len(runs)):
        size = runs[k, 1] - runs[k, 0]
        if count:
            first = min(runs[k, 0], joined[count - 1, 0])
            end = max(runs[k, 1], joined[count - 1, 1])
            if filled + size >= (end - first) * threshold:
                joined[count - 1] = first, end
                filled += size
                continue
        joined[count] = runs[k]
        filled = size
        count += 1
    return joined[:count]


@kernel
def _interleaved(a, b):
    """Two lists of runs made one, as if both were sorted; the second is not, in the reference and here."""
    out = np.empty((len(a) + len(b), 2), np.int64)
    i = j = 0
    while i < len(a) and j < len(b):
        if a[i, 0] < b[j, 0] or (a[i, 0] == b[j, 0] and a[i, 1] <= b[j, 1]):
            out[i + j] = a[i]
            i += 1
        else:
            out[i + j] = b[j]
            j += 1
    out[i + j : len(a) + j] = a[i:]
    out[len(a) + j :] = b[j:]
    return out
