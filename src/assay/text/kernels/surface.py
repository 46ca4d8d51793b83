"""Statistics of words, and of symbols between them."""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.characters import ALPHA, PUNCTUATION
from assay.text.kernels.block import count_bits, count_characters, find_symbol
from assay.text.kernels.edges import document_words, edges_room
from assay.text.kernels.utf8 import count_few, decode, load_short

WORD_COLUMNS = (
    "words",
    "word_characters",
    "words_without_letter",
    "stop_words",
    "distinct_stop_words",
    "exact_stop_words",
    "distinct_exact_stop_words",
    "words_of_punctuation",
    "characters_of_punctuation",
)
_WORDS, _CHARACTERS, _LETTERLESS, _STOP, _DISTINCT, _EXACT, _DISTINCT_EXACT, _PUNCTUATION, _PUNCTUATION_CHARACTERS = (
    range(len(WORD_COLUMNS))
)

SYMBOL_COLUMNS = ("hashes", "dots", "spaced_dots", "ellipses")
_HASHES, _DOTS, _SPACED_DOTS, _ELLIPSES = range(len(SYMBOL_COLUMNS))

# The stop words of the Gopher rules (Rae et al. 2021, appendix A.1).
STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
_LONG = 8
_MODULUS = np.uint64(10)  # the smallest by which these words, as little-endian numbers, leave different remainders
_KEYS = np.array([int.from_bytes(word.encode(), "little") for word in STOP_WORDS], np.uint64)
_STOP_TABLE = np.zeros(int(_MODULUS), np.uint64)
_STOP_TABLE[_KEYS % _MODULUS] = _KEYS
# Setting bit 32 makes small letters of capitals; nothing but an ASCII letter becomes a letter of the stop words.
_BLANKS = np.uint64(0x2020202020202020)

_HASH, _DOT, _BLANK = ord("#"), ord("."), ord(" ")


@kernel
def measure_words(data: np.ndarray, offsets: np.ndarray, table: np.ndarray, words: tuple) -> np.ndarray:
    """Statistics of the ``words`` (``words.document_words``) of each document: int64 (documents, len(WORD_COLUMNS)).

    A word is a stop word when it is one after lower-casing, an exact one when it is one as it stands.
    """
    out = np.zeros((len(offsets) - 1, len(WORD_COLUMNS)), np.int64)
    edges = np.empty(edges_room(offsets), np.int64)
    for document in range(len(out)):
        count = document_words(data, offsets, table, words, document, edges)
        _measure(data, table, edges, count, out[document])
    return out


@helper
def _measure(data, table, edges, count, out):
    characters = stop_words = exact_stop_words = 0
    seen = seen_exactly = np.uint64(0)  # one bit a stop word
    for k in range(count):
        start, stop = edges[2 * k], edges[2 * k + 1]
        if stop - start < _LONG:
            bytes8 = load_short(data, start, stop - start)
            size = count_few(bytes8, stop - start)
            # No branch on whether it is a stop word, which cannot be predicted.
            lower = bytes8 | _BLANKS >> np.uint64(8 * (_LONG - (stop - start)))
            remainder = lower % _MODULUS
            found = np.uint64(_STOP_TABLE[remainder] == lower)
            exact = found & np.uint64(bytes8 == lower)
            stop_words += np.int64(found)
            exact_stop_words += np.int64(exact)
            seen |= found << remainder
            seen_exactly |= exact << remainder
        else:
            size = count_characters(data, start, stop)
        characters += size
        first = data[start]
        if first >= 128 or not table[first] & ALPHA:
            letter, punctuation = _contents(data, start, stop, table)
            out[_LETTERLESS] += not letter
            out[_PUNCTUATION] += punctuation
            out[_PUNCTUATION_CHARACTERS] += punctuation * size
    out[_WORDS], out[_CHARACTERS] = count, characters
    out[_STOP], out[_EXACT] = stop_words, exact_stop_words
    out[_DISTINCT], out[_DISTINCT_EXACT] = count_bits(seen), count_bits(seen_exactly)


@helper
def _contents(data, i, stop, table):
    """Whether a word has a letter, and whether it has nothing but punctuation."""
    letter, punctuation = False, True
    while i < stop and not letter:
        code, width = decode(data, i)
        letter |= (table[code] & ALPHA) != 0
        punctuation &= (table[code] & PUNCTUATION) != 0
        i += width
    return letter, punctuation


@kernel
def count_symbols(data: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """How often ``#``, ``...``, ``. . .`` and ``…`` occur in each document: int64 (documents, len(SYMBOL_COLUMNS)).

    As str.count says: without overlaps, each on its own.
    """
    out = np.zeros((len(offsets) - 1, len(SYMBOL_COLUMNS)), np.int64)
    for document in range(len(out)):
        start, stop = offsets[document], offsets[document + 1]
        spaced_from = start  # where the next ". . ." may begin
        i = find_symbol(data, start, stop)
        while i < stop:
            if data[i] == _DOT:
                spaced_from = _count_dots(data, i, start, stop, spaced_from, out[document])
            elif data[i] == _HASH:
                out[document, _HASHES] += 1
            else:
                out[document, _ELLIPSES] += data[i + 1] == 0x80 and data[i + 2] == 0xA6
            i = find_symbol(data, i + 1, stop)
    return out


@helper
def _count_dots(data, i, start, stop, spaced_from, out):
    """Count "..." and ". . ." at the dot at byte i; where ". . ." may begin next."""
    if i == start or data[i - 1] != _DOT:
        end = i
        while end < stop and data[end] == _DOT:
            end += 1
        out[_DOTS] += (end - i) // 3
    if i >= spaced_from and i + 5 <= stop and _is_spaced(data, i):
        out[_SPACED_DOTS] += 1
        return i + 5
    return spaced_from


@helper
def _is_spaced(data, i):
    """Whether ". . ." begins at byte i, which is a dot."""
    return data[i + 1] == _BLANK and data[i + 2] == _DOT and data[i + 3] == _BLANK and data[i + 4] == _DOT
