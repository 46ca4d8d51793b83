"""Find plain strings in text, several at once, skipping most bytes (Horspool's algorithm for a set of strings)."""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel


@kernel
def lines_with(data, offsets, lines, fold, strings):
    """Whether each line holds one of the strings: bool (lines).

    ``lines`` are rows that begin with the columns ``start`` and ``stop`` of ``kernels.lines``, and where those of each
    document begin. ``strings`` are bytes and where each string begins; none is empty or holds a newline. Bytes of the
    text are looked up in ``fold`` (uint8, 256) before they are compared.
    """
    rows, line_offsets = lines
    out = np.zeros(len(rows), np.bool_)
    jumps, shortest = _jumps(strings)
    for document in range(len(offsets) - 1):
        offset, stop = offsets[document], offsets[document + 1]
        line = line_offsets[document]
        i = offset
        while i + shortest <= stop:
            jump = jumps[fold[data[i + shortest - 1]]]
            if jump == 0 and _any_at(data, i, stop, fold, strings):
                while offset + rows[line, 1] < i:
                    line += 1
                out[line] = True
                i = offset + rows[line, 1] + 1
            else:
                i += max(jump, 1)
    return out


@kernel
def _jumps(strings):
    """How far the next place where a string may begin is, by the last byte of a window; and the window's size."""
    content, string_offsets = strings
    shortest = np.min(string_offsets[1:] - string_offsets[:-1])
    jumps = np.full(256, shortest, np.int64)
    for k in range(len(string_offsets) - 1):
        for j in range(shortest):
            byte = content[string_offsets[k] + j]
            jumps[byte] = min(jumps[byte], shortest - 1 - j)
    return jumps, shortest


@helper
def _any_at(data, i, stop, fold, strings):
    content, string_offsets = strings
    for k in range(len(string_offsets) - 1):
        first, size = string_offsets[k], string_offsets[k + 1] - string_offsets[k]
        j = 0
        while j < size and i + j < stop and fold[data[i + j]] == content[first + j]:
            j += 1
        if j == size:
            return True
    return False
