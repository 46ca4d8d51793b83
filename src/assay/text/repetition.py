"""Filters on repeated lines, paragraphs and n-grams, with the decisions of DCLM's mappers.

They differ from the rules of Gopher (Rae et al. 2021, table A1) that they are modelled on: every occurrence of a
repeated line counts, not only those after the first; words are UAX #29 words that begin with a letter or number; and
the most frequent n-gram counts with all its occurrences, overlapping or not, so that its share can exceed 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from assay.curation.documents import Documents
from assay.curation.step import Filter, Rule
from assay.text.characters import character_table
from assay.text.lines import LineKind, kind_code
from assay.text.measures import Column, InSmallLetters, Share, named_columns
from assay.text.words import CountedWords, word_source

Granularity = Literal["line", "paragraph"]
NgramKind = Literal["most_common", "all"]
_USUAL_KIND: dict[int, NgramKind] = {n: "most_common" if n <= 4 else "all" for n in range(2, 11)}
_USUAL_LONGEST = max(_USUAL_KIND)

NGRAM_FRACTIONS = {2: 0.20, 3: 0.18, 4: 0.16, 5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}


@dataclass(frozen=True)
class SegmentCounts:
    """A measurement: how many lines or paragraphs are repeated, a structured array of ``kernels.repeats``."""

    kind: LineKind

    def __call__(self, documents: Documents) -> np.ndarray:
        """Count them."""
        from assay.text.kernels.repeats import SEGMENT_COLUMNS, repeated_segments

        data, offsets = documents.text_bytes()
        counts = repeated_segments(data, offsets, character_table(), kind_code(self.kind))
        return named_columns(counts, SEGMENT_COLUMNS)


@dataclass(frozen=True)
class RepeatedSegments:
    """A measurement: the share of lines or paragraphs, or of their characters, that occur more than once.

    NaN for a document without any.
    """

    granularity: Granularity
    of_characters: bool

    def __call__(self, documents: Documents) -> np.ndarray:
        """The shares."""
        counts = SegmentCounts("lines" if self.granularity == "line" else "paragraphs")
        part, whole = ("repeated_characters", "characters") if self.of_characters else ("repeated", "segments")
        return documents.derived(Share(Column(counts, part), Column(counts, whole)))


@dataclass(frozen=True)
class NgramCounts:
    """A measurement: repeated n-grams of 1 … ``longest`` words; see ``kernels.repeats``."""

    words: CountedWords
    longest: int

    def __call__(self, documents: Documents) -> np.ndarray:
        """The counts: a structured array (documents, longest)."""
        from assay.text.kernels.repeats import NGRAM_COLUMNS, repeated_ngrams

        data, offsets = documents.text_bytes()
        counts = repeated_ngrams(data, offsets, character_table(), word_source(documents, self.words), self.longest)
        return named_columns(counts, NGRAM_COLUMNS)


@dataclass(frozen=True)
class NgramColumn:
    """A measurement: one number about the n-grams of n words; see ``kernels.repeats``."""

    words: CountedWords
    n: int
    name: str

    def __call__(self, documents: Documents) -> np.ndarray:
        """The numbers."""
        return documents.derived(NgramCounts(self.words, max(self.n, _USUAL_LONGEST)))[self.name][:, self.n - 1]


@dataclass(frozen=True)
class RepeatedNgrams:
    """A measurement: the share of the words' characters that the most common n-gram makes, or all repeated ones cover.

    0 when no n-gram is repeated.
    """

    n: int
    kind: NgramKind
    words: CountedWords = "alnum"

    def __call__(self, documents: Documents) -> np.ndarray:
        """The shares."""
        counts = documents.derived(NgramCounts(self.words, max(self.n, _USUAL_LONGEST)))
        some, characters = counts[:, self.n - 1], np.maximum(counts["characters"][:, 0], 1)
        if self.kind == "all":
            return some["covered"] / characters
        return np.where(some["most"] > 1, some["most"] * some["longest"], 0) / characters


class RepetitionFilter(Filter):
    """Drops documents in which too much is repeated, at one granularity."""

    granularity: Literal["line", "paragraph"] | int = Field(union_mode="left_to_right")
    """Lines, paragraphs, or n-grams of so many words (at least 2)."""
    max_fraction: float
    count_characters: bool = True
    """Of lines and paragraphs: their characters, not their number. N-grams are always measured in characters."""
    ngram_char_ratio: NgramKind | None = None
    """Of n-grams: what is measured. By default the most common one for 2 to 4 words, all repeated ones for 5 to 10."""
    ignore_case: bool = False
    """Look at the text in small letters."""

    @model_validator(mode="after")
    def _check(self) -> RepetitionFilter:
        if isinstance(self.granularity, int):
            if self.granularity < 2:
                raise ValueError("granularity: an n-gram has at least 2 words")
            if self.granularity not in _USUAL_KIND and self.ngram_char_ratio is None:
                raise ValueError(f"ngram_char_ratio: say most_common or all for {self.granularity}-grams")
        return self

    def rules(self) -> tuple[Rule, ...]:
        """One rule."""
        if isinstance(self.granularity, int):
            rule = ngram_rule(self.granularity, self.max_fraction, self.ngram_char_ratio)
        else:
            rule = segment_rule(self.granularity, self.count_characters, self.max_fraction)
        return (replace(rule, measure=InSmallLetters(rule.measure)) if self.ignore_case else rule,)


class MassiveWebRepetitionFilters(Filter):
    """The thirteen repetition rules of DCLM-Baseline: lines, paragraphs, and n-grams of 2 to 10 words.

    DCLM's bounds, those of table A1 of the Gopher paper, are the defaults; there they cannot be changed.
    """

    skip_paragraph: bool = False
    """Leave out the rules on paragraphs."""
    max_segment_fraction: float = 0.30
    """Of lines and paragraphs, those that are repeated."""
    max_segment_char_fraction: float = 0.20
    """Of characters, those in repeated lines and paragraphs."""
    max_ngram_fractions: dict[Annotated[int, Field(ge=2, le=_USUAL_LONGEST)], float] = NGRAM_FRACTIONS
    """Of the words' characters, those in repeated n-grams, by n."""

    def rules(self) -> tuple[Rule, ...]:
        """The rules, in the order in which DCLM tries them."""
        granularities: tuple[Granularity, ...] = ("line",) if self.skip_paragraph else ("line", "paragraph")
        counts = (segment_rule(name, False, self.max_segment_fraction) for name in granularities)
        characters = (segment_rule(name, True, self.max_segment_char_fraction) for name in granularities)
        ngrams = (ngram_rule(n, fraction) for n, fraction in self.max_ngram_fractions.items())
        return (*counts, *characters, *ngrams)


def segment_rule(granularity: Granularity, of_characters: bool, maximum: float) -> Rule:
    """At most such a share of repeated lines or paragraphs."""
    what = f"characters in repeated {granularity}s" if of_characters else f"repeated {granularity}s"
    return Rule(f"share of {what}", RepeatedSegments(granularity, of_characters), maximum=maximum)


def ngram_rule(n: int, maximum: float, kind: NgramKind | None = None, words: CountedWords = "alnum") -> Rule:
    """At most such a share of repeated n-grams."""
    kind = kind or _USUAL_KIND[n]
    what = f"the most common {n}-gram" if kind == "most_common" else f"repeated {n}-grams"
    return Rule(f"share of characters in {what}", RepeatedNgrams(n, kind, words), maximum=maximum)
