"""New texts for documents, made of pieces of the old ones; a batch of which nothing changes is not copied.

Line modifiers see the lines between newlines as they are, decide which to keep, and join these by newlines again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from assay.curation.documents import SLACK, Documents, Ragged
from assay.curation.step import Modified
from assay.text.characters import character_table
from assay.text.words import named_columns

Pieces = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Starts, stops, and where the pieces of each document begin; see ``kernels.pieces``."""


def lines_of(documents: Documents) -> Ragged:
    """Every line of every document: int32 (lines, columns); the columns are those of ``kernels.lines``."""
    from assay.text.kernels.lines import measure_lines

    return Ragged(*measure_lines(*documents.text_bytes(), character_table()))


def line_columns(documents: Documents) -> np.ndarray:
    """What is measured on every line of the batch: a structured array (lines) of the columns of ``kernels.lines``."""
    from assay.text.kernels.lines import COLUMNS

    return named_columns(documents.derived(lines_of).values, COLUMNS)


def texts_of(documents: Documents, segments: Ragged, numbers: np.ndarray) -> Iterator[str]:
    """The texts of some lines or paragraphs, by their numbers in the batch.

    The first two columns of ``segments`` say where each starts and stops in its document.
    """
    data, offsets = documents.text_bytes()
    spans = segments.values[numbers, :2] + offsets[segments.owners(numbers)][:, None]
    for start, stop in spans.tolist():
        yield data[start:stop].tobytes().decode()


def keep_lines(
    documents: Documents,
    keep: np.ndarray,
    *,
    strip: bool = False,
    edits: Sequence[tuple[int, str]] = (),
    drop_empty: bool = True,
) -> Modified:
    """The documents with only the lines where ``keep`` is true; those of which nothing is left are dropped, if wanted.

    ``edits`` are new contents of lines that are kept, by the numbers of the lines in the batch, in rising order. With
    ``strip``, white space at both ends of what then is the document is removed as well.
    """
    from assay.text.kernels.lines import lines_left, strip_documents
    from assay.text.kernels.pieces import kept_pieces

    if keep.all() and not edits and not strip:
        return rewritten(documents, whole(documents), drop_empty=drop_empty)
    data, offsets = documents.text_bytes()
    lines = documents.derived(lines_of)
    known = np.ones(len(documents), np.bool_)
    if edits:
        data, lines = _with_edits(data, offsets, lines, edits)
        known[lines.owners(np.array([line for line, _ in edits]))] = False
    if strip:
        rows, keep = strip_documents((data, offsets), lines.arrays, keep, character_table())
        lines = Ragged(rows, lines.offsets)
    pieces = kept_pieces(offsets, lines.arrays, keep, 1)
    modified = rewritten(documents, pieces, data, newlines=1, drop_empty=drop_empty)
    return replace(modified, measured={lines_of: (Ragged(*lines_left(lines.arrays, keep)), known)})


def _with_edits(
    data: np.ndarray, offsets: np.ndarray, lines: Ragged, edits: Sequence[tuple[int, str]]
) -> tuple[np.ndarray, Ragged]:
    """The bytes with the new contents behind them, and the lines, of which those point there and are not measured."""
    numbers = [number for number, _ in edits]
    contents = [content.encode() for _, content in edits]
    stops = len(data) + np.cumsum([len(content) for content in contents])
    starts = stops - [len(content) for content in contents]
    rows = lines.values.copy()
    rows[numbers, :2] = np.stack([starts, stops], axis=1) - offsets[lines.owners(np.array(numbers))][:, None]
    data = np.concatenate([data, np.frombuffer(b"".join(contents) + bytes(SLACK), np.uint8)])
    data.flags.writeable = False
    return data, Ragged(rows, lines.offsets)


def whole(documents: Documents) -> Pieces:
    """Every document as one piece."""
    _, offsets = documents.text_bytes()
    return offsets[:-1], offsets[1:], np.arange(len(offsets))


def rewritten(
    documents: Documents, pieces: Pieces, data: np.ndarray | None = None, newlines: int = 0, drop_empty: bool = True
) -> Modified:
    """The documents as these pieces of ``data`` (by default their own bytes), so many newlines between the pieces.

    With ``drop_empty``, documents that are empty now are dropped.
    """
    from assay.text.kernels.pieces import join_pieces

    own, offsets = documents.text_bytes()
    changed = not all(np.array_equal(new, old) for new, old in zip(pieces, whole(documents), strict=True))
    if changed:
        own, offsets = join_pieces(own if data is None else data, *pieces, newlines)
    gone = (offsets[:-1] == offsets[1:]) & drop_empty
    if not changed and not gone.any():
        return Modified(documents.text)
    valid = np.packbits(~gone, bitorder="little") if gone.any() else None
    buffers = [pa.py_buffer(offsets), pa.py_buffer(own), None if valid is None else pa.py_buffer(valid)]
    return Modified(pa.LargeStringArray.from_buffers(len(documents), *buffers))


def cut_spans(documents: Documents, cuts: pa.Array) -> pa.Array:
    """The texts without spans: lists of int64 of the start and end of each, in bytes, one list a document."""
    from assay.text.kernels.cuts import without_spans

    bounds = cuts.flatten().to_numpy()
    if not len(bounds):
        return documents.text
    _, offsets = documents.text_bytes()
    ends = np.concatenate([[0], np.cumsum(cuts.value_lengths().to_numpy())]) // 2
    return rewritten(documents, without_spans(offsets, bounds.reshape(-1, 2), ends), drop_empty=False).text
