"""A list of strings as a trie, and where its entries occur in text.

The nodes are numbered breadth first, so that the children of a node lie side by side, in the order of their bytes. A
table of all pairs of bytes tells where no entry can begin, which settles most places.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.kernels.boundary import is_boundary
from assay.text.kernels.utf8 import same_span

ANYWHERE, PREFIX, SUFFIX = 0, 1, 2

_NEWLINE = 10


class Trie(NamedTuple):
    """The nodes; node 0 is the empty string."""

    label: np.ndarray
    """uint8: the last byte of a node."""
    first: np.ndarray
    """int32, one more than nodes: the children of node n are ``first[n]`` to ``first[n + 1]``."""
    ends: np.ndarray
    """bool: whether an entry ends here."""
    begins: np.ndarray
    """bool (65536,), by two bytes (the first one is the low half): whether an entry may begin with them."""
    fold: np.ndarray
    """uint8 (256,): the byte that each byte of the text is taken for."""


class Search(NamedTuple):
    """How to look."""

    whole_words: bool
    """Entries count only between word boundaries."""
    place: int
    """ANYWHERE, or only at the beginning or the end of the document (for Python's ``$``: also before a last newline)."""
    enough: int
    """Stop when so many different strings are found."""


@kernel
def build_trie(data: np.ndarray, offsets: np.ndarray, fold: np.ndarray) -> Trie:
    """A trie of strings that are not empty, sorted by their bytes and distinct."""
    room = offsets[-1] - offsets[0] + 1
    label, first, ends = np.zeros(room, np.uint8), np.zeros(room + 1, np.int32), np.zeros(room, np.bool_)
    low, high, depth = np.zeros(room, np.int32), np.zeros(room, np.int32), np.zeros(room, np.int32)
    high[0] = len(offsets) - 1
    nodes, node = 1, 0
    while node < nodes:
        first[node] = nodes
        entry, size = low[node], depth[node]
        if node and offsets[entry] + size == offsets[entry + 1]:  # the shortest of those that begin so comes first
            ends[node] = True
            entry += 1
        while entry < high[node]:
            byte = data[offsets[entry] + size]
            label[nodes], depth[nodes], low[nodes] = byte, size + 1, entry
            while entry < high[node] and data[offsets[entry] + size] == byte:
                entry += 1
            high[nodes] = entry
            nodes += 1
        node += 1
    first[nodes] = nodes
    return Trie(label[:nodes].copy(), first[: nodes + 1].copy(), ends[:nodes].copy(), _pairs(data, offsets, fold), fold)


@kernel
def _pairs(data, offsets, fold):
    begins = np.zeros(1 << 16, np.bool_)
    exact = np.zeros(1 << 16, np.bool_)
    for entry in range(len(offsets) - 1):
        start = offsets[entry]
        if offsets[entry + 1] == start + 1:
            for second in range(256):
                exact[data[start] | second << 8] = True
        else:
            exact[data[start] | np.int64(data[start + 1]) << 8] = True
    for pair in range(1 << 16):
        begins[pair] = exact[fold[pair & 255] | np.int64(fold[pair >> 8]) << 8]
    return begins


@kernel
def count_entries(data: np.ndarray, offsets: np.ndarray, table: np.ndarray, trie: Trie, search: Search) -> np.ndarray:
    """How many different strings of each document are entries, up to ``search.enough``: int64.

    Occurrences are taken from left to right and do not overlap; of entries that begin at the same place, the longest.
    """
    counts = np.zeros(len(offsets) - 1, np.int64)
    spans = np.empty((search.enough, 2), np.int64)
    for document in range(len(counts)):
        start, stop = offsets[document], offsets[document + 1]
        i = start
        while i < stop and counts[document] < search.enough:
            end = entry_end(data, i, start, stop, table, trie, search)
            if end > i:
                counts[document] = _add(data, spans, counts[document], i, end)
                i = end
            elif search.place == PREFIX:
                break
            else:
                i += 1
    return counts


@helper
def _add(data, spans, count, start, end):
    """Add a string to those that are known, if it is a new one; how many there are."""
    for k in range(count):
        if spans[k, 1] - spans[k, 0] == end - start and same_span(data, spans[k, 0], start, end - start):
            return count
    spans[count] = start, end
    return count + 1


@helper
def entry_end(data, i, start, stop, table, trie, search):
    """Where the longest entry ends that begins at byte i of the document from ``start`` to ``stop``; 0 without one."""
    if not trie.begins[data[i] | np.int64(data[i + 1]) << 8]:
        return 0
    if search.whole_words and not is_boundary(data, i, start, stop, table):
        return 0
    return longest_entry(data, i, start, stop, table, trie, search)


@helper
def longest_entry(data, i, start, stop, table, trie, search):
    """The same, whatever comes before."""
    node = end = 0
    while i < stop:
        node = _child(trie, node, trie.fold[data[i]])
        if not node:
            break
        i += 1
        if trie.ends[node] and _may_end(data, i, start, stop, table, search):
            end = i
    return end


@helper
def _child(trie, node, byte):
    for child in range(trie.first[node], trie.first[node + 1]):
        if trie.label[child] == byte:
            return child
    return 0


@helper
def _may_end(data, i, start, stop, table, search):
    if search.place == SUFFIX and i != stop and not (i == stop - 1 and data[i] == _NEWLINE):
        return False
    return not search.whole_words or is_boundary(data, i, start, stop, table)
