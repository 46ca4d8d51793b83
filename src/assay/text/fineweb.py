"""The quality rules of FineWeb (Penedo et al. 2024, section 3.6), with the decisions of datatrove 0.10.1."""

from __future__ import annotations

from typing import Literal

from assay.curation.step import Filter, Rule
from assay.text.filters import characters
from assay.text.lines import LineCounts
from assay.text.measures import Column, Share, Sum
from assay.text.repetition import SegmentCounts
from assay.text.words import WordStatistics


class FinewebQuality(Filter):
    """Drops documents whose lines are those of a list: without punctuation, short, repeated, many for the words."""

    words: Literal["spacy", "split"] = "spacy"
    """datatrove's own words (needs spaCy), or those of str.split() as an approximation."""
    min_punctuated_lines: float = 0.12
    """Of the lines that are not blank, those whose last character ends a sentence."""
    max_short_lines: float = 0.67
    """Of these lines, the short ones."""
    short_line_length: int = 30
    """The most characters of a short line."""
    max_repeated_characters: float = 0.01
    """Of the characters but newlines, those in lines that occurred before."""
    max_newlines_per_word: float = 0.3

    def rules(self) -> tuple[Rule, ...]:
        """The rules, in datatrove's order."""
        counts = LineCounts("visible_lines", short=self.short_line_length)
        lines, newlines = Column(counts, "lines"), Column(counts, "newlines")
        repeated = Share(
            Column(SegmentCounts("visible_lines"), "later_characters"), Sum((characters,), less=(newlines,))
        )
        per_word = Share(newlines, Column(WordStatistics(self.words), "words"))
        return (
            Rule(
                "share of punctuated lines", Share(Column(counts, "terminal_lines"), lines), self.min_punctuated_lines
            ),
            Rule("share of short lines", Share(Column(counts, "short_lines"), lines), maximum=self.max_short_lines),
            Rule("share of repeated characters", repeated, maximum=self.max_repeated_characters),
            Rule("newlines per word", per_word, maximum=self.max_newlines_per_word),
        )
