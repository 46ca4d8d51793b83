"""Modifiers that cut something out of documents, with the results of DCLM's mappers of the same names."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from assay.curation.documents import Documents, Ragged
from assay.curation.step import Modified, Modifier
from assay.text.characters import character_table
from assay.text.rewriting import lines_of, rewritten, texts_of

_NEWLINES = {"line": 1, "paragraph": 2}


class NewlineRemovalModifier(Modifier):
    """Keeps at most so many newlines in a row; drops no document."""

    max_consecutive: int = Field(default=2, ge=0)

    def modify(self, documents: Documents) -> Modified:
        """The documents without the others."""
        from assay.text.kernels.cuts import without_surplus_newlines

        pieces = without_surplus_newlines(*documents.text_bytes(), self.max_consecutive)
        return rewritten(documents, pieces, drop_empty=False)


class CitationRemovalModifier(Modifier):
    """Cuts out the marks of Wikipedia's citations: ``[1]``, ``[]``, ``[edit]``, ``[citation needed]``."""

    def modify(self, documents: Documents) -> Modified:
        """The documents without them; those of which nothing is left are dropped."""
        from assay.text.kernels.cuts import without_citations

        return rewritten(documents, without_citations(*documents.text_bytes(), character_table()))


class WithinPageDedup(Modifier):
    """Keeps the first of equal lines or paragraphs of a document, and all that are blank; drops no document."""

    granularity: Literal["line", "paragraph"] = "line"
    """Lines lie between newlines, paragraphs between two newlines in a row."""
    normalize: bool = True
    """Compare without white space at the ends, and without case; only then are lines of white space blank."""

    def modify(self, documents: Documents) -> Modified:
        """The documents without the repetitions."""
        from assay.text.kernels.pieces import kept_pieces

        segments = self._segments(documents)
        keep = self._first_of_equals(documents, segments)
        newlines = _NEWLINES[self.granularity]
        pieces = kept_pieces(documents.text_bytes()[1], segments.arrays, keep, newlines)
        return rewritten(documents, pieces, newlines=newlines, drop_empty=False)

    def _segments(self, documents: Documents) -> Ragged:
        if self.granularity == "line":
            return documents.derived(lines_of)
        from assay.text.kernels.same_lines import split_paragraphs

        return Ragged(*split_paragraphs(*documents.text_bytes()))

    def _first_of_equals(self, documents: Documents, segments: Ragged) -> np.ndarray:
        """Which to keep: bool (segments)."""
        from assay.text.kernels.same_lines import may_be_repeated

        repeated = may_be_repeated(*documents.text_bytes(), segments.arrays, character_table(), self.normalize)
        candidates = np.flatnonzero(repeated)
        keep = np.ones(len(segments.values), np.bool_)
        owners = segments.owners(candidates)
        seen: set[tuple[int, str]] = set()
        for number, owner, text in zip(candidates, owners, texts_of(documents, segments, candidates), strict=True):
            key = (owner, text.strip().lower() if self.normalize else text)
            keep[number] = key not in seen or not key[1]
            seen.add(key)
        return keep
