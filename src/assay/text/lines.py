"""Lines and paragraphs of documents, and what is measured on them.

A line lies between newlines, a paragraph between two newlines in a row; both are stripped of white space, and empty
ones do not count (DCLM's split_paragraphs).
"""

from __future__ import annotations

import numpy as np

from assay.curation.documents import Documents
from assay.text.characters import character_table
from assay.text.words import named_columns


def segments(documents: Documents) -> np.ndarray:
    """Counts of lines, paragraphs and kinds of lines: a structured array of the columns of ``kernels.segments``."""
    from assay.text.kernels.segments import COLUMNS, count_segments

    data, offsets = documents.text_bytes()
    return named_columns(count_segments(data, offsets, character_table()), COLUMNS)


def lines(documents: Documents) -> np.ndarray:
    """How many lines a document has."""
    return documents.derived(segments)["lines"]


def paragraphs(documents: Documents) -> np.ndarray:
    """How many paragraphs a document has."""
    return documents.derived(segments)["paragraphs"]


def share_of_bullet_lines(documents: Documents) -> np.ndarray:
    """Share of the lines that begin with ``●``, ``•``, ``*`` or ``-``; 0 without lines."""
    return _share_of_lines(documents, "bullet_lines")


def share_of_ellipsis_lines(documents: Documents) -> np.ndarray:
    """Share of the lines that end with ``...``, ``. . .`` or ``…``; 0 without lines."""
    return _share_of_lines(documents, "ellipsis_lines")


def _share_of_lines(documents: Documents, column: str) -> np.ndarray:
    counts = documents.derived(segments)
    return counts[column] / np.maximum(counts["lines"], 1)
