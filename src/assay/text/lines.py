"""Lines and paragraphs of documents, and what is measured on them.

A line lies between newlines, a paragraph between two newlines in a row; both are stripped of white space, and empty
ones do not count (DCLM's split_paragraphs).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from assay.curation.documents import Documents
from assay.text.characters import character_table
from assay.text.measures import named_columns


def segments(documents: Documents) -> np.ndarray:
    """Counts of lines, paragraphs and kinds of lines: a structured array of the columns of ``kernels.segments``."""
    from assay.text.kernels.segments import COLUMNS, count_segments

    data, offsets = documents.text_bytes()
    return named_columns(count_segments(data, offsets, character_table()), COLUMNS)


@dataclass(frozen=True)
class SegmentCount:
    """A measurement: how many lines or paragraphs a document has."""

    separator: Literal["\n", "\n\n"]
    remove_empty: bool = True
    """Do not count those of white space only."""

    def __call__(self, documents: Documents) -> np.ndarray:
        """Count them."""
        import pyarrow.compute as pc

        if self.remove_empty:
            return documents.derived(segments)["lines" if self.separator == "\n" else "paragraphs"]
        ends = pc.call_function("count_substring", [documents.text], pc.MatchSubstringOptions(self.separator))
        return np.asarray(ends) + 1


def share_of_bullet_lines(documents: Documents) -> np.ndarray:
    """Share of the lines that begin with ``●``, ``•``, ``*`` or ``-``; 0 without lines."""
    return _share_of_lines(documents, "bullet_lines")


def share_of_ellipsis_lines(documents: Documents) -> np.ndarray:
    """Share of the lines that end with ``...``, ``. . .`` or ``…``; 0 without lines."""
    return _share_of_lines(documents, "ellipsis_lines")


def _share_of_lines(documents: Documents, column: str) -> np.ndarray:
    counts = documents.derived(segments)
    return counts[column] / np.maximum(counts["lines"], 1)


@dataclass(frozen=True)
class LeastShare:
    """A measurement: the least number that, times the lines, reaches the lines of a kind; 0 without lines.

    It is their share or the float next to it. DCLM compares how many they are with the bound times the lines, where 63
    of 90 lines are more than 0.7.
    """

    kind: Literal["bullet_lines", "ellipsis_lines"]

    def __call__(self, documents: Documents) -> np.ndarray:
        """The numbers."""
        counts = documents.derived(segments)
        some, lines = counts[self.kind], counts["lines"]
        share = some / np.maximum(lines, 1)
        share = np.where(share * lines < some, np.nextafter(share, np.inf), share)
        less = np.nextafter(share, -np.inf)
        return np.where((some > 0) & (less * lines >= some), less, share)


LineKind = Literal["lines", "paragraphs", "raw_lines", "line_runs", "paragraph_runs", "visible_lines", "unicode_lines"]
"""What a line or paragraph is: see ``kernels.senses``."""


def kind_code(kind: LineKind) -> int:
    """The kind as the kernels call it."""
    from assay.text.kernels import senses

    return getattr(senses, kind.upper())


@dataclass(frozen=True)
class LineCounts:
    """A measurement: lines by how they begin and end, a structured array of ``kernels.line_kinds.LINE_COLUMNS``."""

    kind: LineKind
    strip: bool = False
    """Not looking at white space at both ends of a line."""
    short: int = 0
    """The most characters of a short line."""

    def __call__(self, documents: Documents) -> np.ndarray:
        """Count the lines."""
        from assay.text.kernels.line_kinds import LINE_COLUMNS, count_lines

        data, offsets = documents.text_bytes()
        counts = count_lines(data, offsets, character_table(), kind_code(self.kind), self.strip, self.short)
        return named_columns(counts, LINE_COLUMNS)
