"""A hash of each line of documents."""

from __future__ import annotations

import numpy as np

from assay.base.compile import kernel
from assay.text.kernels.fingerprint import fingerprint
from assay.text.kernels.segments import strip_left, strip_right

_ODD, _ONE = np.uint64(0xD6E8FEB86659FD93), np.uint64(1)


@kernel
def line_hashes(
    data: np.ndarray, offsets: np.ndarray, table: np.ndarray, lines: tuple[np.ndarray, np.ndarray], seeds: np.ndarray
) -> np.ndarray:
    """A hash of each line without the white space at its ends: uint64, 0 when nothing else is in it.

    ``lines`` are rows that begin with the columns ``start`` and ``stop`` of ``kernels.lines``, and where those of each
    document begin; equal lines of documents with different ``seeds`` (uint64) have different hashes.
    """
    rows, line_offsets = lines
    hashes = np.zeros(len(rows), np.uint64)
    for document in range(len(offsets) - 1):
        for line in range(line_offsets[document], line_offsets[document + 1]):
            start, stop = offsets[document] + rows[line, 0], offsets[document] + rows[line, 1]
            start = strip_left(data, start, stop, table)
            stop = strip_right(data, start, stop, table)
            if start < stop:
                a, b = fingerprint(data, start, stop)
                hashes[line] = (a ^ seeds[document]) * _ODD ^ b | _ONE
    return hashes
