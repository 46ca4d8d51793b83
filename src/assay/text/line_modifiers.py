"""Modifiers that drop lines, with the decisions of DCLM's mappers of the same names.

Lines are what lies between newlines; nothing else ends them. Empty ones are kept, unless said otherwise; a document of
which nothing is left is dropped. Some also strip white space at both ends of the document, as the mappers do.
"""

from __future__ import annotations

import math
import re

import numpy as np

from assay.curation.documents import Documents
from assay.curation.step import Modified, Modifier
from assay.text.characters import character_table
from assay.text.rewriting import keep_lines, line_columns, lines_of, texts_of
from assay.text.words import WordModel, kind_of_words, model_code


class PunctuationLineModifier(Modifier):
    """Drops lines that do not end, white space aside, with ``.``, ``!``, ``?``, ``"`` or ``…``."""

    remove_ellipses: bool = False
    """Drop lines that end with ``...`` or ``…`` too, as C4 does."""

    def modify(self, documents: Documents) -> Modified:
        """The documents without these lines."""
        from assay.text.kernels.line_ends import ELLIPSIS, OTHER, line_endings

        lines = documents.derived(lines_of)
        endings = line_endings(*documents.text_bytes(), lines.arrays, character_table())
        keep = (endings != OTHER) | (line_columns(documents)["characters"] == 0)
        if self.remove_ellipses:
            keep &= endings != ELLIPSIS
        return keep_lines(documents, keep)


class LineLengthModifier(Modifier):
    """Drops lines whose number of words (str.split) does not lie between two bounds; bounds are inclusive."""

    min_length: float = 0
    max_length: float = math.inf

    def modify(self, documents: Documents) -> Modified:
        """The documents without these lines."""
        lines = line_columns(documents)
        within = (self.min_length <= lines["words"]) & (lines["words"] <= self.max_length)
        return keep_lines(documents, within | (lines["characters"] == 0))


class WordLengthModifier(Modifier):
    """Drops lines that hold a word of more than ``max_length`` characters."""

    max_length: float = 1000
    model: WordModel = "fasttext"
    """What a word is; see ``words.py``."""
    ignore_punctuation: bool = False
    """Leave out words whose first character is not a letter or number."""
    ignore_whitespace: bool = True

    def modify(self, documents: Documents) -> Modified:
        """The documents without these lines."""
        from assay.text.kernels.line_ends import longest_words

        lines = documents.derived(lines_of)
        long_enough = line_columns(documents)["characters"] > self.max_length
        kind = kind_of_words(self.ignore_punctuation, self.ignore_whitespace)
        where = (*documents.text_bytes(), lines.arrays)
        longest = longest_words(*where, long_enough, character_table(), (model_code(self.model), kind))
        return keep_lines(documents, ~(long_enough & (longest > self.max_length)))


class UppercaseRatioLineModifier(Modifier):
    """Drops lines in which more than this share of the characters are capitals; strips the document."""

    max_ratio: float = 0.5

    def modify(self, documents: Documents) -> Modified:
        """The documents without these lines."""
        return keep_lines(documents, _share_at_most(documents, "capitals", self.max_ratio), strip=True)


class NumericRatioLineModifier(Modifier):
    """Drops lines in which more than this share of the characters are digits (str.isdigit); strips the document.

    RefinedWeb's rule, nothing but digits, is a ratio just below 1: DCLM takes 0.999999.
    """

    max_ratio: float = 1.0

    def modify(self, documents: Documents) -> Modified:
        """The documents without these lines."""
        return keep_lines(documents, _share_at_most(documents, "digits", self.max_ratio), strip=True)


def _share_at_most(documents: Documents, column: str, maximum: float) -> np.ndarray:
    lines = line_columns(documents)
    return (lines["characters"] == 0) | (lines[column] / np.maximum(lines["characters"], 1) <= maximum)


# As in DCLM's counter_line_modifier.
_COUNTER = re.compile(
    r"^\W*\d(?:,|\.|\d)*(?:K|k|M|m|B|b)?\s+(?:likes|shares|comments|retweets|reposts|quotes|bookmarks|upvotes|downvotes"
    r"|downloads|views|followers)\W*$"
)


class CounterLineModifier(Modifier):
    """Drops lines that count likes, shares, comments … ("3 likes", "1.2K views"); strips the document."""

    def modify(self, documents: Documents) -> Modified:
        """The documents without these lines."""
        from assay.text.kernels.line_ends import may_be_counters

        lines = documents.derived(lines_of)
        keep = np.ones(len(lines.values), np.bool_)
        candidates = np.flatnonzero(may_be_counters(*documents.text_bytes(), lines.arrays, character_table()))
        for line, text in zip(candidates, texts_of(documents, lines, candidates), strict=True):
            keep[line] = not _COUNTER.search(text.lower())
        return keep_lines(documents, keep, strip=True)
