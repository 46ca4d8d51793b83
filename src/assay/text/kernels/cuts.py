"""Cut something out of texts: what remains, as pieces (``kernels.pieces``)."""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel, subkernel
from assay.text.characters import DECIMAL
from assay.text.kernels.block import find_byte
from assay.text.kernels.utf8 import decode

_NEWLINE, _OPEN, _CLOSE = ord("\n"), ord("["), ord("]")
_EDIT = np.frombuffer(b"edit]", np.uint8)
_CITATION_NEEDED = np.frombuffer(b"citation needed]", np.uint8)


@kernel
def without_surplus_newlines(data, offsets, most):
    """The pieces that remain when of more than ``most`` newlines in a row only the first ``most`` are kept."""
    starts, stops = np.empty(len(offsets) - 1, np.int64), np.empty(len(offsets) - 1, np.int64)
    piece_offsets = np.zeros(len(offsets), np.int64)
    count = 0
    for document in range(len(offsets) - 1):
        start, stop = offsets[document], offsets[document + 1]
        i = find_byte(data, start, stop, _NEWLINE)
        while i < stop:
            end = i + 1
            while end < stop and data[end] == _NEWLINE:
                end += 1
            if end - i > most:
                starts, stops, count = _add(starts, stops, count, start, i + most)
                start = end
            i = find_byte(data, end, stop, _NEWLINE)
        starts, stops, count = _add(starts, stops, count, start, stop)
        piece_offsets[document + 1] = count
    return starts[:count], stops[:count], piece_offsets


@kernel
def without_citations(data, offsets, table):
    """The pieces that remain when ``[`` decimals ``]``, ``[edit]`` and ``[citation needed]`` are cut out."""
    starts, stops = np.empty(len(offsets) - 1, np.int64), np.empty(len(offsets) - 1, np.int64)
    piece_offsets = np.zeros(len(offsets), np.int64)
    count = 0
    for document in range(len(offsets) - 1):
        start, stop = offsets[document], offsets[document + 1]
        i = find_byte(data, start, stop, _OPEN)
        while i < stop:
            end = _end_of_citation(data, i + 1, stop, table)
            if end:
                starts, stops, count = _add(starts, stops, count, start, i)
                start = end
            i = find_byte(data, max(end, i + 1), stop, _OPEN)
        starts, stops, count = _add(starts, stops, count, start, stop)
        piece_offsets[document + 1] = count
    return starts[:count], stops[:count], piece_offsets


@kernel
def without_spans(offsets, spans, span_offsets):
    """The pieces that remain when spans are cut out: int64 pairs of bytes in the document, in order."""
    documents = len(offsets) - 1
    starts, stops = np.empty(documents + len(spans), np.int64), np.empty(documents + len(spans), np.int64)
    piece_offsets = np.zeros(len(offsets), np.int64)
    count = 0
    for document in range(documents):
        start = offsets[document]
        for span in range(span_offsets[document], span_offsets[document + 1]):
            first = offsets[document] + spans[span, 0]
            if first > start:
                starts[count], stops[count] = start, first
                count += 1
            start = offsets[document] + spans[span, 1]
        if start < offsets[document + 1] or span_offsets[document] == span_offsets[document + 1]:
            starts[count], stops[count] = start, offsets[document + 1]
            count += 1
        piece_offsets[document + 1] = count
    return starts[:count], stops[:count], piece_offsets


@subkernel
def _add(starts, stops, count, start, stop):
    """One piece more; arrays that are full are replaced by larger ones."""
    if count == len(starts):
        room = np.empty(count, np.int64)
        starts, stops = np.concatenate((starts, room)), np.concatenate((stops, room))
    starts[count], stops[count] = start, stop
    return starts, stops, count + 1


@helper
def _end_of_citation(data, i, stop, table):
    """Where the citation ends whose bracket opened before byte i; 0 when it is none."""
    if _is(data, i, stop, _EDIT):
        return i + len(_EDIT)
    if _is(data, i, stop, _CITATION_NEEDED):
        return i + len(_CITATION_NEEDED)
    while i < stop:
        code, width = decode(data, i)
        i += width
        if code == _CLOSE:
            return i
        if not table[code] & DECIMAL:
            break
    return 0


@helper
def _is(data, i, stop, string):
    if stop - i < len(string):
        return False
    j = 0
    while j < len(string) and data[i + j] == string[j]:
        j += 1
    return j == len(string)
