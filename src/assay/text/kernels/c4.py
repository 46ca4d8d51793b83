"""Clean pages line by line as C4 does."""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.curation.documents import SLACK
from assay.text.characters import DECIMAL
from assay.text.kernels.block import BLOCK, below, count_characters, find_byte, first_bit, without_first
from assay.text.kernels.edges import edges_room, find_words
from assay.text.kernels.machine import byte_class
from assay.text.kernels.segment import SPLIT
from assay.text.kernels.senses import RAW_LINES, UNICODE_LINES, next_piece, stripped
from assay.text.kernels.utf8 import copy_span, decode

KEPT, LOREM_IPSUM, CURLY_BRACKET, JAVASCRIPT = range(4)
"""Why a page is dropped."""

_POLICIES = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")
_PHRASES = np.array(
    [list(phrase.encode().ljust(16, b"\0")) for phrase in ("lorem ipsum", "javascript", *_POLICIES)], np.uint8
)
_BEGINNINGS = np.zeros((32, 32), np.bool_)  # by the lower bits of the first two letters, which are those of both cases
_BEGINNINGS[_PHRASES[:, 0] & 31, _PHRASES[:, 1] & 31] = True
# The first and second letters of the phrases.
_firsts = byte_class(*b"ljtpcuLJTPCU")
_seconds = byte_class(*b"oaresOARES")
_LOREM, _JAVASCRIPT, _POLICY, _CURLY = 1, 2, 4, 8
_KINDS = np.array([_LOREM, _JAVASCRIPT] + [_POLICY] * len(_POLICIES), np.int64)
_KELVIN = 0x212A  # the Kelvin sign is the only other character whose lower case is a letter of the phrases

_MARKS = np.zeros(256, np.bool_)
_MARKS[list(b".?!\"'")] = True
_APOSTROPHE, _OPEN, _CLOSE, _BLANK, _NEWLINE, _DOT = b"'[] \n."
_DOTTED = tuple("İ".encode())
_CITATIONS = np.array([list(text.encode().ljust(24, b"\0")) for text in ("[edit]", "[citation needed]")], np.uint8)


@kernel
def clean_pages(
    data: np.ndarray, offsets: np.ndarray, table: np.ndarray, datatrove: bool, any_end: bool, limits: tuple
):
    """The lines of each document that C4 keeps, without citations, joined by newlines.

    As ``datatrove`` does it: a line is one of str.splitlines(), it may also end with an apostrophe, and its words are
    counted before citations are removed. With ``any_end``, it may end with anything. ``limits`` are the fewest words of
    a line and the most characters of a word. Returns the text (uint8), its offsets (int64), and of each document the
    verdict and the number of lines kept (int64 (documents, 2)).
    """
    min_words, max_word_length = limits
    kind = UNICODE_LINES if datatrove else RAW_LINES
    out = np.empty(offsets[-1] - offsets[0] + len(offsets) + SLACK, np.uint8)
    out_offsets = np.zeros(len(offsets), np.int64)
    verdicts = np.zeros((len(offsets) - 1, 2), np.int64)
    edges = np.empty(edges_room(offsets), np.int64)
    for document in range(len(verdicts)):
        at = begin = out_offsets[document]
        i, stop = offsets[document], offsets[document + 1]
        start, end, i = next_piece(data, i, stop, table, kind)
        while start >= 0 and verdicts[document, 0] == KEPT:
            start, end = stripped(data, start, end, table)
            words, longest = _count_words(data, start, end, table, edges)
            if longest > max_word_length:
                words = min_words - 1
            line_end = _without_citations(data, start, end, table, out, at)
            cited = line_end - at < end - start
            if cited and not datatrove and words >= min_words:
                words, _ = _count_words(out, at, line_end, table, edges)
            if words >= min_words and (any_end or _ends_sentence(out, at, line_end, datatrove)):
                found = _find_phrases(out, at, line_end)
                if found & _LOREM:
                    verdicts[document, 0] = LOREM_IPSUM
                elif not found & _JAVASCRIPT and found & _CURLY:
                    verdicts[document, 0] = CURLY_BRACKET
                elif not found:
                    verdicts[document, 1] += 1
                    out[line_end] = _NEWLINE
                    at = line_end + 1
            start, end, i = next_piece(data, i, stop, table, kind)
        out_offsets[document + 1] = max(at - 1, begin)
    return out, out_offsets, verdicts


@kernel
def strip_pages(data: np.ndarray, offsets: np.ndarray, table: np.ndarray):
    """Take away white space at both ends of each document, in place; the new offsets."""
    new_offsets = np.zeros(len(offsets), np.int64)
    at = 0
    for document in range(len(offsets) - 1):
        start, stop = stripped(data, offsets[document], offsets[document + 1], table)
        if at < start:
            for i in range(stop - start):
                data[at + i] = data[start + i]
        at += stop - start
        new_offsets[document + 1] = at
    return new_offsets


@kernel
def keep_sentence_lines(data: np.ndarray, offsets: np.ndarray, table: np.ndarray, min_words: int):
    """The lines of each document, with their newlines, that end a sentence and have enough words, as dolma's.

    dolma counts characters in the lower case of a page and cuts the page itself there: after an İ, whose lower case are
    two characters, a character later than it means, and so on. Returns the same as ``clean_pages``; the verdict looks
    at the whole page.
    """
    out = np.empty(offsets[-1] - offsets[0] + SLACK, np.uint8)
    out_offsets = np.zeros(len(offsets), np.int64)
    verdicts = np.zeros((len(offsets) - 1, 2), np.int64)
    edges = np.empty(edges_room(offsets), np.int64)
    for document in range(len(verdicts)):
        at, stop = out_offsets[document], offsets[document + 1]
        cut = offsets[document]
        late = _count_dotted(data, cut, stop) > 0
        begin, end, i = next_piece(data, cut, stop, table, RAW_LINES)
        while begin >= 0:
            line_start, line_end = stripped(data, begin, end, table)
            words, _ = _count_words(data, line_start, line_end, table, edges)
            next_cut = _after_lower(data, cut, stop, begin, min(i, stop)) if late else min(i, stop)
            if words >= min_words and _is_mark(data, line_start, line_end, False):
                copy_span(data, cut, next_cut, out, at)
                at += next_cut - cut
                verdicts[document, 1] += 1
            cut = next_cut
            begin, end, i = next_piece(data, i, stop, table, RAW_LINES)
        out_offsets[document + 1] = at
        found = _find_phrases(data, offsets[document], stop)
        if found & _CURLY:
            verdicts[document, 0] = CURLY_BRACKET
        elif found & _LOREM:
            verdicts[document, 0] = LOREM_IPSUM
        elif found & _JAVASCRIPT:
            verdicts[document, 0] = JAVASCRIPT
    return out, out_offsets, verdicts


@helper
def _after_lower(data, i, stop, begin, end):
    """Where, from byte i on, as many characters end as the lower case of a span has; ``stop`` when there are fewer."""
    left = count_characters(data, begin, end) + _count_dotted(data, begin, end)
    while left > 0 and i < stop:
        _, width = decode(data, i)
        i += width
        left -= 1
    return i


@helper
def _count_dotted(data, i, stop):
    """How many İ a span has: the only character whose lower case has another number of characters."""
    count = 0
    i = find_byte(data, i, stop, _DOTTED[0])
    while i + 1 < stop:
        count += data[i + 1] == _DOTTED[1]
        i = find_byte(data, i + 1, stop, _DOTTED[0])
    return count


@helper
def _count_words(data, start, stop, table, edges):
    """How many words a span has, and the characters of the longest."""
    words = find_words(data, start, stop, table, SPLIT, edges)
    longest = 0
    for k in range(words):
        first, end = edges[2 * k], edges[2 * k + 1]
        if end - first > longest:
            longest = max(longest, count_characters(data, first, end))
    return words, longest


@helper
def _without_citations(data, i, stop, table, out, at):
    """Copy a line without ``[12]``, ``[]``, ``[edit]`` and ``[citation needed]``; where the copy ends."""
    copied = i
    i = find_byte(data, i, stop, _OPEN)
    while i < stop:
        after = _citation_end(data, i, stop, table)
        if after:
            copy_span(data, copied, i, out, at)
            at += i - copied
            copied = after
        i = find_byte(data, after or i + 1, stop, _OPEN)
    copy_span(data, copied, stop, out, at)
    return at + stop - copied


@helper
def _citation_end(data, i, stop, table):
    """Where the citation ends that begins at byte i; 0 when it is none."""
    for row in range(len(_CITATIONS)):
        k = 0
        while i + k < stop and _CITATIONS[row, k] != 0 and data[i + k] == _CITATIONS[row, k]:
            k += 1
        if _CITATIONS[row, k] == 0:
            return i + k
    i += 1
    while i < stop:
        code, width = decode(data, i)
        if not table[code] & DECIMAL:
            return i + 1 if code == _CLOSE else 0
        i += width
    return 0


@helper
def _is_mark(data, start, stop, apostrophe):
    return start < stop and _MARKS[data[stop - 1]] and (apostrophe or data[stop - 1] != _APOSTROPHE)


@helper
def _ends_sentence(data, start, stop, apostrophe):
    """Whether a line ends with a mark and not with an ellipsis."""
    dots = stop - start >= 3 and data[stop - 1] == _DOT and data[stop - 2] == _DOT and data[stop - 3] == _DOT
    return not dots and _is_mark(data, start, stop, apostrophe)


@helper
def _find_phrases(data, start, stop):
    """Which kinds of phrases, or a curly bracket, a span contains, in upper or lower case."""
    found = _CURLY if find_byte(data, start, stop, ord("{")) < stop else 0
    for block in range(start, stop, BLOCK):
        places = _firsts(data, block) & _seconds(data, block + 1) & below(stop - block)
        while places:
            i = block + first_bit(places)
            places = without_first(places)
            if _BEGINNINGS[data[i] & 31, data[i + 1] & 31]:
                found |= _phrases_at(data, i, stop)
    return found


@helper
def _phrases_at(data, i, stop):
    found = 0
    for row in range(len(_PHRASES)):
        if _matches(data, i, stop, row):
            found |= _KINDS[row]
    return found


@helper
def _matches(data, i, stop, row):
    k = 0
    while _PHRASES[row, k] != 0:
        if i >= stop:
            return False
        code, width = decode(data, i)
        lower = ord("k") if code == _KELVIN else code | 32
        if (code if _PHRASES[row, k] == _BLANK else lower) != _PHRASES[row, k]:
            return False
        i += width
        k += 1
    return True
