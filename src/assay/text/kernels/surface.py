"""Statistics of whitespace words and of symbols, in one pass."""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.characters import ALPHA, SPACE
from assay.text.kernels.utf8 import decode

COLUMNS = ("words", "word_characters", "words_without_letter", "stop_words", "distinct_stop_words", "symbols")
_WORDS, _CHARACTERS, _LETTERLESS, _STOP, _DISTINCT, _SYMBOLS = range(len(COLUMNS))

# The stop words of the Gopher rules (Rae et al. 2021, table A1), as DCLM has them.
STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
_STOP_KEYS = np.array([int.from_bytes(word.encode(), "little") for word in STOP_WORDS], np.uint32)

_HASH, _DOT, _BLANK = ord("#"), ord("."), ord(" ")
_ELLIPSIS = ord("…")


@kernel
def surface(data: np.ndarray, offsets: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Statistics of each document: int64 (documents, len(COLUMNS))."""
    out = np.zeros((len(offsets) - 1, len(COLUMNS)), np.int64)
    for document in range(len(out)):
        _measure(data, offsets[document], offsets[document + 1], table, out[document])
    return out


@helper
def _measure(data, start, stop, table, out):
    seen = np.uint32(0)  # one bit a stop word
    i = word = start
    flags = extra = 0  # of the characters since ``word``: what they are, and their bytes beyond the first
    spaced_from = start  # where the next ". . ." may begin
    while i < stop:
        code, width = decode(data, i)
        entry = np.int64(table[code])
        if entry & SPACE:
            if i > word:
                seen |= _end_word(data, word, i, flags, extra, out)
            word, flags, extra = i + width, 0, 0
        else:
            flags |= entry
            extra += width - 1
            if code in (_HASH, _ELLIPSIS):
                out[_SYMBOLS] += 1
            elif code == _DOT:
                spaced_from = _count_dots(data, i, start, stop, spaced_from, out)
        i += width
    if i > word:
        seen |= _end_word(data, word, i, flags, extra, out)
    for k in range(len(_STOP_KEYS)):
        out[_DISTINCT] += (seen >> np.uint32(k)) & 1


@helper
def _end_word(data, start, stop, flags, extra, out):
    """Count a word; the bit of the stop word that it is, or 0."""
    out[_WORDS] += 1
    out[_CHARACTERS] += stop - start - extra
    if not flags & ALPHA:
        out[_LETTERLESS] += 1
    if not 2 <= stop - start <= 4:
        return np.uint32(0)
    key = np.uint32(0)
    for i in range(stop - 1, start - 1, -1):
        # Only an ASCII letter becomes one of the letters of the stop words when bit 32 is set.
        key = (key << np.uint32(8)) | np.uint32(data[i] | 32)
    for k in range(len(_STOP_KEYS)):
        if key == _STOP_KEYS[k]:
            out[_STOP] += 1
            return np.uint32(1) << np.uint32(k)
    return np.uint32(0)


@helper
def _count_dots(data, i, start, stop, spaced_from, out):
    """Count "..." and ". . ." as str.count does, without overlaps, each on its own; where ". . ." may begin next."""
    if i == start or data[i - 1] != _DOT:
        end = i
        while end < stop and data[end] == _DOT:
            end += 1
        out[_SYMBOLS] += (end - i) // 3
    if i >= spaced_from and i + 5 <= stop and _is_spaced(data, i):
        out[_SYMBOLS] += 1
        return i + 5
    return spaced_from


@helper
def _is_spaced(data, i):
    """Whether ". . ." begins at byte i, which is a dot."""
    return data[i + 1] == _BLANK and data[i + 2] == _DOT and data[i + 3] == _BLANK and data[i + 4] == _DOT
