"""New texts made of pieces of the old.

A piece is a span of ``data``; the pieces of document d are ``starts[piece_offsets[d]:piece_offsets[d + 1]]`` and the
same of ``stops``, in order.
"""

from __future__ import annotations

import numpy as np

from assay.base.compile import kernel
from assay.curation.documents import SLACK
from assay.text.kernels.machine import copy_bytes


@kernel
def kept_pieces(offsets, lines, keep, newlines):
    """The pieces that remain of documents when only some lines are kept, to be joined by so many newlines.

    ``lines`` are rows that begin with the columns ``start`` and ``stop`` of ``kernels.lines``, and where those of each
    document begin. Lines that were neighbours and remain so make one piece.
    """
    rows, line_offsets = lines
    room = np.count_nonzero(keep)
    starts, stops = np.empty(room, np.int64), np.empty(room, np.int64)
    piece_offsets = np.zeros(len(line_offsets), np.int64)
    count = 0
    for document in range(len(line_offsets) - 1):
        offset, begin = offsets[document], count
        for line in range(line_offsets[document], line_offsets[document + 1]):
            if not keep[line]:
                continue
            start, stop = offset + rows[line, 0], offset + rows[line, 1]
            if count > begin and start == stops[count - 1] + newlines:
                stops[count - 1] = stop
            else:
                starts[count], stops[count] = start, stop
                count += 1
        piece_offsets[document + 1] = count
    return starts[:count], stops[:count], piece_offsets


@kernel
def join_pieces(data, starts, stops, piece_offsets, newlines):
    """The new texts, UTF-8 (with slack) and offsets: the pieces of each document, newlines between them."""
    offsets = np.zeros(len(piece_offsets), np.int64)
    for document in range(len(piece_offsets) - 1):
        first, last = piece_offsets[document], piece_offsets[document + 1]
        size = max(last - first - 1, 0) * newlines
        for piece in range(first, last):
            size += stops[piece] - starts[piece]
        offsets[document + 1] = offsets[document] + size
    out = np.empty(offsets[-1] + SLACK, np.uint8)
    out[offsets[-1] :] = 0
    for document in range(len(piece_offsets) - 1):
        i = offsets[document]
        for piece in range(piece_offsets[document], piece_offsets[document + 1]):
            if piece > piece_offsets[document]:
                for _ in range(newlines):
                    out[i] = 10
                    i += 1
            size = stops[piece] - starts[piece]
            copy_bytes(out, i, data, starts[piece], size)
            i += size
    return out, offsets
