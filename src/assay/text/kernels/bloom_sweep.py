"""What of each document was seen before, in the modes of DCLM's ``bff``: a Bloom filter is asked, and told.

A mode finds *spans* that go: start and end in bytes of the document. What is left of a document can be blank, or end in
white space that goes as well. ``bits`` (uint64), the filter, change.
"""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.kernels.block import count_byte
from assay.text.kernels.bloom import count_known, hash_ngrams, insert, insert_all, is_known, is_white, paragraph_end
from assay.text.kernels.bloom_across import known_first_paragraph, known_paragraphs, known_substrings
from assay.text.kernels.edges import longest_document
from assay.text.kernels.utf8 import decode, hash_span

PARAGRAPHS, DOCUMENT, DOCUMENT_THEN_PARAGRAPHS, EITHER, FIRST_PARAGRAPH, SPANNING, SUBSTRING, EXACT = range(8)
"""The modes paragraph and old-both; document; naive-both and its mended form; both and its mended form; and others."""

_NEWLINE = 10
_CONTINUATION, _LEAD_MASK = 0x80, 0xC0


@kernel
def sweep(
    data: np.ndarray, offsets: np.ndarray, table: np.ndarray, sizes: tuple[int, int], bits: np.ndarray, rules: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Look every document up in the filter, and put what stays into it.

    ``sizes`` are the fewest and most words of an n-gram. ``rules``: the mode, the hashes an n-gram has, the share of
    known n-grams above which something goes, the fewest words of a substring that goes, whether the filter is told, and
    whether white space that is left at the end goes as well.

    Returns the spans (int64, pairs), where those of each document end (int64, one more than documents), the known and
    all n-grams of each document (int64 (documents, 2)), and whether nothing but white space is left of it (bool).
    """
    mode, probes, threshold, fewest, update, trims = rules
    documents = len(offsets) - 1
    counts, blank = np.zeros((documents, 2), np.int64), np.zeros(documents, np.bool_)
    ends = np.zeros(documents + 1, np.int64)
    spans = np.empty((count_byte(data, offsets[0], offsets[-1], _NEWLINE) + 4 * documents + 4, 2), np.int64)
    room = np.empty(longest_document(offsets) + 1, np.uint64), np.empty(longest_document(offsets) + 2, np.int64)
    filter_ = bits, probes, threshold, update
    for document in range(documents):
        start, stop = offsets[document], offsets[document + 1]
        text = data, start, stop, table
        begin = ends[document]
        trimmed = trims
        if mode in (FIRST_PARAGRAPH, SPANNING, SUBSTRING):
            if mode == FIRST_PARAGRAPH:
                found = known_first_paragraph(text, sizes, filter_, room, counts[document])
            elif mode == SPANNING:
                found = known_paragraphs(text, sizes, filter_, room, counts[document])
            else:
                found = known_substrings(text, (sizes[1], fewest), filter_, room, counts[document])
            trimmed = trims and counts[document, 1] > 0
            while begin + len(found) + 1 > len(spans):
                spans = np.concatenate((spans, np.empty_like(spans)))
            spans[begin : begin + len(found)] = found
            count = begin + len(found)
        elif mode == EXACT:
            count = _exact(text, filter_, spans, begin)
        else:
            count = _units(text, (sizes, filter_, mode), room, (spans, begin), counts[document])
        left, last = _end_of_text(text, (spans, begin, count))
        blank[document] = left == start
        if trimmed and left < stop:
            spans[last] = left - start, stop - start
            count = last + 1
        ends[document + 1] = count
    return spans[: ends[-1]].copy(), ends, counts, blank


@helper
def _end_of_text(text, found):
    """Where what is left of a document ends, without white space, and how many spans begin before that."""
    data, start, stop, table = text
    spans, begin, count = found
    end = stop
    while end > start:
        if count > begin and start + spans[count - 1, 1] == end:
            count -= 1
            end = start + spans[count, 0]
            continue
        lead = end - 1
        while data[lead] & _LEAD_MASK == _CONTINUATION:
            lead -= 1
        code, _ = decode(data, lead)
        if not is_white(code, table):
            break
        end = lead
    return end, count


@helper
def _units(text, how, room, found, counts):
    """Documents and paragraphs one after the other, each on its own; the new number of spans."""
    data, start, stop, table = text
    sizes, (bits, probes, threshold, update), mode = how
    spans, count = found
    hashes = room[0]
    if mode != PARAGRAPHS:
        total, _ = hash_ngrams(data, start, stop, table, sizes, room)
        counts[0], counts[1] = count_known(bits, hashes, total, probes), total
        if total and counts[0] / total > threshold:
            spans[count] = 0, stop - start
            return count + 1
        if update and mode != EITHER:
            insert_all(bits, hashes, total, probes)
        if mode == DOCUMENT:
            return count
        counts[:] = 0
    i = start
    while i < stop:
        end = paragraph_end(data, i, stop)
        total, _ = hash_ngrams(data, i, end, table, sizes, room)
        known = count_known(bits, hashes, total, probes)
        counts[0] += known
        counts[1] += total
        if total and known / total > threshold:
            spans[count] = i - start, end - start
            count += 1
        elif update:
            insert_all(bits, hashes, total, probes)
        i = end
    return count


@helper
def _exact(text, filter_, spans, count):
    data, start, stop, _ = text
    bits, probes, _, update = filter_
    value = hash_span(data, start, stop)
    if is_known(bits, value, probes):
        spans[count] = 0, stop - start
        return count + 1
    if update:
        insert(bits, value, probes)
    return count
