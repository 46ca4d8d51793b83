"""Find the words of a text sixty-four bytes at a time.

Words lie between ``edges`` (int64): word k is ``data[edges[2 * k] : edges[2 * k + 1]]``. In ASCII, all edges of a block
are found at once, without a branch for each word, which would be mispredicted at most of them. What is not ASCII goes
the way of ``segment.next_alnum_word``, which says what the words of each model are.
"""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, subkernel
from assay.text.characters import SPACE
from assay.text.kernels.block import (
    BLOCK,
    LAST,
    NOTHING,
    ONE,
    ascii_connected,
    ascii_middles,
    ascii_spaces,
    below,
    character_bits,
    count_bits,
    first_bit,
    last_bit,
    underscores,
    wide_bytes,
    wide_space_leads,
    without_first,
)
from assay.text.kernels.segment import GIVEN, SPLIT, joins_ascii, next_alnum_word
from assay.text.kernels.utf8 import decode

_AT_ONCE = 8  # edges written without a branch: a block has about 20


@helper
def longest_document(offsets):
    """The bytes of the longest document."""
    longest = 0
    for document in range(len(offsets) - 1):
        longest = max(longest, offsets[document + 1] - offsets[document])
    return longest


@helper
def edges_room(offsets):
    """The entries that ``edges`` must have for the words of any of the documents."""
    return 2 * longest_document(offsets) + BLOCK


@subkernel
def find_words(data, start, stop, table, model, edges):
    """Write the edges of the words of a span; how many words there are. The model is ``SPLIT`` or ``ALNUM``.

    ``edges`` must have room for ``2 * (stop - start) + BLOCK`` entries; see ``edges_room``.
    """
    if model == SPLIT:
        return _split_words(data, start, stop, table, edges) >> 1
    return _alnum_words(data, start, stop, table, edges) >> 1


@helper
def document_words(data, offsets, table, words, document, edges):
    """Write the edges of the words of a document; how many words there are.

    ``words`` is a tuple: a model of ``segment.py``, ``spans`` (int64 (n, 2)) and ``bounds`` (int64). For the model
    ``GIVEN``, they are ``spans[bounds[document]:bounds[document + 1]]``, counted from where the document begins.
    """
    model, spans, bounds = words
    begin = offsets[document]
    if model != GIVEN:
        return find_words(data, begin, offsets[document + 1], table, model, edges)
    first = bounds[document]
    count = bounds[document + 1] - first
    for k in range(count):
        edges[2 * k] = begin + spans[first + k, 0]
        edges[2 * k + 1] = begin + spans[first + k, 1]
    return count


@subkernel
def _split_words(data, start, stop, table, edges):
    """The edges of the words of str.split(): where white space ends and begins."""
    count = 0
    before = ONE  # whether the byte before the block is white space
    beyond = NOTHING  # the bytes of white space that begins in the block before
    for i in range(start, stop, BLOCK):
        blank, beyond = find_spaces(data, i, stop, table, beyond)
        changes = (blank ^ (blank << ONE | before)) & below(stop - i)
        count = _write_edges(changes, i, edges, count)
        before = blank >> LAST
    edges[count] = stop
    return count + (count & 1)


@helper
def find_spaces(data, i, stop, table, beyond):
    """All white space of a block: its bytes in the block, and those in the next one.

    ``beyond`` are the latter of the block before.
    """
    blank = ascii_spaces(data, i) | beyond
    beyond = NOTHING
    leads = wide_space_leads(data, i) & below(stop - i)
    while leads:
        k = first_bit(leads)
        code, width = decode(data, i + k)
        if table[code] & SPACE:
            here, there = character_bits(k, width)
            blank |= here
            beyond |= there
        leads = without_first(leads)
    return blank, beyond


@helper
def _write_edges(changes, i, edges, count):
    """Write where the bytes are that are meant; the new number of edges."""
    new = count + count_bits(changes)
    while changes:
        for k in range(_AT_ONCE):
            edges[count + k] = i + first_bit(changes)
            changes = without_first(changes)
        count += _AT_ONCE
    return new


@subkernel
def _alnum_words(data, start, stop, table, edges):
    """The edges of the UAX #29 words that begin with a letter or number.

    Of a block, what stands before the last blank of its ASCII text is looked at at once: no rule reaches across a
    blank. What is not ASCII, and what is too long for a block, is gone through word by word.
    """
    count = 0
    i = start
    while i < stop:
        wide = wide_bytes(data, i) & below(stop - i)
        size = min(stop - i, first_bit(wide), BLOCK - 1)  # the last bit is for the edge behind
        if i + size < stop:
            size = max(last_bit(ascii_spaces(data, i) & below(size)), 0)
        count = _write_edges(_ascii_words(data, i, below(size)), i, edges, count)
        reach = i + first_bit(wide) + 1 if wide else i + (size == 0)
        i += size
        while i < min(reach, stop):
            first, end = next_alnum_word(data, i, stop, table)
            if first < end:
                edges[count], edges[count + 1] = first, end
                count += 2
            i = end
    return count


@helper
def _ascii_words(data, i, among):
    """The edges of such words among the first bytes of a block, all of them ASCII.

    Words are runs of letters, digits and underscores, and of what stands between two of these and belongs to both.
    """
    inside = ascii_connected(data, i) & among
    middles = ascii_middles(data, i) & inside << ONE & inside >> ONE
    while middles:
        place = first_bit(middles)
        if joins_ascii(data, i + place):
            inside |= ONE << np.uint64(place)
        middles = without_first(middles)
    odd = inside & ~(inside << ONE) & underscores(data, i)
    inside &= inside + odd  # a run to whose first bit one is added becomes zeros, and the carry falls behind it
    return inside ^ inside << ONE
