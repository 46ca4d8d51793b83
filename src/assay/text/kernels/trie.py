"""A list of strings as a trie, and where its entries occur in text.

The nodes are numbered breadth first, so that the children of a node lie side by side, in the order of their bytes. A
table of three bytes at once tells where no entry can begin, which settles most places.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from assay.base.compile import helper, kernel, subkernel
from assay.text.kernels.boundary import is_boundary
from assay.text.kernels.machine import load8
from assay.text.kernels.utf8 import same_span

ANYWHERE, PREFIX, SUFFIX = 0, 1, 2

_NEWLINE = 10
_THREE_BYTES = np.uint64(0xFFFFFF)


class Trie(NamedTuple):
    """The nodes; node 0 is the empty string."""

    label: np.ndarray
    """uint8: the last byte of a node."""
    first: np.ndarray
    """int32, one more than nodes: the children of node n are ``first[n]`` to ``first[n + 1]``."""
    ends: np.ndarray
    """bool: whether an entry ends here."""
    roots: np.ndarray
    """int32 (256,): the child of node 0 for each byte of the text, 0 for none."""
    begins: np.ndarray
    """bool (65536,), by a hash of three bytes: whether an entry may begin with them."""
    fold: np.ndarray
    """uint8 (256,): the byte that each byte of the text is taken for."""


class Search(NamedTuple):
    """What to look for, and how."""

    trie: Trie
    whole_words: bool
    """Entries count only between word boundaries."""
    place: int
    """ANYWHERE, or only at the beginning or the end of the document; as Python's ``$``, also before a last newline."""
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
    roots = np.zeros(256, np.int32)
    for byte in range(256):
        for child in range(first[0], first[1]):
            if label[child] == fold[byte]:
                roots[byte] = child
    tables = roots, _beginnings(data, offsets, fold), fold
    return Trie(label[:nodes].copy(), first[: nodes + 1].copy(), ends[:nodes].copy(), *tables)


@subkernel
def _beginnings(data, offsets, fold):
    begins = np.zeros(1 << 16, np.bool_)
    for entry in range(len(offsets) - 1):
        first = offsets[entry]
        for a in range(256):
            if fold[a] != data[first]:
                continue
            if offsets[entry + 1] - first < 3:
                begins[a::256] = True
                continue
            for b in range(256):
                for c in range(256 if fold[b] == data[first + 1] else 0):
                    if fold[c] == data[first + 2]:
                        begins[_slot(a | b << 8 | c << 16)] = True
    return begins


@helper
def _slot(bytes3):
    """The slot of three bytes in the table of beginnings: the first one, and eight bits made of the other two."""
    return (bytes3 & 255) | ((bytes3 >> 8 ^ bytes3 >> 13) & 255) << 8


@kernel
def count_entries(data: np.ndarray, offsets: np.ndarray, table: np.ndarray, search: Search) -> np.ndarray:
    """How many different strings of each document are entries, up to ``search.enough``: int64.

    Occurrences are taken from left to right and do not overlap; of entries that begin at the same place, the longest.
    """
    counts = np.zeros(len(offsets) - 1, np.int64)
    spans = np.empty((search.enough, 2), np.int64)
    for document in range(len(counts)):
        start, stop = offsets[document], offsets[document + 1]
        count = 0
        i = _next_place(data, start, start, stop, search)
        while i < stop and count < search.enough:
            end = _entry_end(data, i, start, stop, table, search)
            if end:
                count = _add(data, spans, count, i, end)
            i = _next_place(data, max(i + 1, end), start, stop, search)
        counts[document] = count
    return counts


@helper
def _next_place(data, i, start, stop, search):
    """The first place from byte i on where an entry may begin."""
    if search.place == PREFIX:
        return start if i == start else stop
    while i < stop and not may_begin(data, i, search):
        i += 1
    return i


@helper
def may_begin(data, i, search):
    """Whether an entry may begin with the three bytes from i on."""
    return search.trie.begins[_slot(np.int64(load8(data, i) & _THREE_BYTES))]


@helper
def _add(data, spans, count, start, end):
    """Add a string to those that are known, if it is a new one; how many there are."""
    for k in range(count):
        if spans[k, 1] - spans[k, 0] == end - start and same_span(data, spans[k, 0], start, end - start):
            return count
    spans[count, 0], spans[count, 1] = start, end
    return count + 1


@helper
def _entry_end(data, i, start, stop, table, search):
    """Where the longest entry ends that begins at byte i of the document from ``start`` to ``stop``; 0 without one."""
    if search.whole_words and not is_boundary(data, i, start, stop, table):
        return 0
    return longest_entry(data, i, start, stop, table, search)


@helper
def longest_entry(data, i, start, stop, table, search):
    """The same, whether or not a word begins at byte i."""
    trie = search.trie
    end = 0
    node = trie.roots[data[i]] if i < stop else 0
    while node:
        i += 1
        if trie.ends[node] and _may_end(data, i, start, stop, table, search):
            end = i
        node = _child(trie, node, trie.fold[data[i]]) if i < stop else 0
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
