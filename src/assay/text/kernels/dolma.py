"""What only dolma measures on whitespace words: their median length, and how many contain a symbol."""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.kernels.repeats import longest_document
from assay.text.kernels.segment import SPLIT
from assay.text.kernels.utf8 import count_characters, find_symbol
from assay.text.kernels.words import find_words_of

COLUMNS = ("symbol_words", "twice_median_length")
_SYMBOL_WORDS, _MEDIAN = range(len(COLUMNS))

_HASH, _ELLIPSIS_LEAD = ord("#"), 0xE2


@kernel
def measure_words(data: np.ndarray, offsets: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Of each document: words with ``#`` or ``…``, and twice the median length: int64 (documents, len(COLUMNS))."""
    out = np.zeros((len(offsets) - 1, len(COLUMNS)), np.int64)
    room = longest_document(offsets)
    starts, stops, sizes = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    for document in range(len(out)):
        count = find_words_of(data, (offsets[document], offsets[document + 1]), table, SPLIT, (starts, stops))
        symbols = 0
        for k in range(count):
            sizes[k] = count_characters(data, starts[k], stops[k])
            symbols += _has_symbol(data, starts[k], stops[k])
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
