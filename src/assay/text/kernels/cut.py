"""Cut spans out of documents."""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel


@kernel
def cut(data: np.ndarray, offsets: np.ndarray, spans: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The documents without the spans: data and offsets.

    ``spans`` is int64 (spans, 2): in order, without overlaps, each within one document.
    """
    out = np.empty(offsets[-1] - offsets[0] + 8, np.uint8)
    out_offsets = np.zeros(len(offsets), np.int64)
    size = k = 0
    for document in range(len(offsets) - 1):
        i = offsets[document]
        while k < len(spans) and spans[k, 1] <= offsets[document + 1]:
            size = _append(data, i, spans[k, 0], out, size)
            i = spans[k, 1]
            k += 1
        size = _append(data, i, offsets[document + 1], out, size)
        out_offsets[document + 1] = size
    return out, out_offsets


@helper
def _append(data, start, stop, out, size):
    for i in range(stop - start):
        out[size + i] = data[start + i]
    return size + stop - start
