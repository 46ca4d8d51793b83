"""What only dolma measures on whitespace words: their median length, and how many contain a symbol."""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.kernels.block import count_characters, find_symbol
from assay.text.kernels.edges import edges_room, find_words
from assay.text.kernels.segment import SPLIT

COLUMNS = ("symbol_words", "twice_median_length")
_SYMBOL_WORDS, _MEDIAN = range(len(COLUMNS))

_HASH, _ELLIPSIS_LEAD = ord("#"), 0xE2


@kernel
def measure_words(data: np.ndarray, offsets: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Of each document: words with ``#`` or ``…``, and twice the median length: int64 (documents, len(COLUMNS))."""
    out = np.zeros((len(offsets) - 1, len(COLUMNS)), np.int64)
    edges = np.empty(edges_room(offsets), np.int64)
    sizes = np.empty(len(edges), np.int64)
    for document in range(len(out)):
        count = find_words(data, offsets[document], offsets[document + 1], table, SPLIT, edges)
        symbols = 0
        for k in range(count):
            start, stop = edges[2 * k], edges[2 * k + 1]
            sizes[k] = count_characters(data, start, stop)
            symbols += _has_symbol(data, start, stop)
        out[document, _SYMBOL_WORDS] = symbols
        if count:
            out[document, _MEDIAN] = np.int64(2 * np.median(sizes[:count]))
    return out


@helper
def _has_symbol(data, i, stop):
    i = find_symbol(data, i, stop)
    while i < stop:
        if data[i] == _HASH or (data[i] == _ELLIPSIS_LEAD and data[i + 1] == 0x80 and data[i + 2] == 0xA6):
            return True
        i = find_symbol(data, i + 1, stop)
    return False
