"""The rules of Gopher on repetition, in the dialects that ``gopher.py`` describes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from assay.curation.documents import Documents
from assay.curation.step import Filter, Rule
from assay.text.characters import character_table
from assay.text.filters import characters
from assay.text.gopher import DatatroveWords, Dialect, as_dolma_writes
from assay.text.lines import LineKind
from assay.text.measures import Column, Share
from assay.text.repetition import (
    NGRAM_FRACTIONS,
    MassiveWebRepetitionFilters,
    NgramColumn,
    SegmentCounts,
    ngram_rule,
    segment_rule,
)
from assay.text.words import CountedWords, split_words, word_source

_TOP_NGRAMS = range(2, 5)  # of more words, all repeated ones are measured
_SHORTEST, _LONGEST = 5, 10


class GopherRepetition(Filter):
    """Drops documents in which too much is repeated, by one reading of Gopher's rules."""

    dialect: Dialect
    words: DatatroveWords = "spacy"
    """Of the dialect datatrove: its own words (needs spaCy), or those of str.split() as an approximation."""
    ignore_empty_lines: bool = False
    """Of the dialect dolma: its second version."""
    max_segment_fraction: float = 0.30
    """Of lines and paragraphs, those that are repeated."""
    max_segment_char_fraction: float | None = None
    """Of characters, those in repeated lines and paragraphs: 0.20, in the dialect dolma 0.30."""
    max_ngram_fractions: dict[Annotated[int, Field(ge=2, le=_LONGEST)], float] = NGRAM_FRACTIONS
    """Of characters, those in repeated n-grams, by n."""

    def rules(self) -> tuple[Rule, ...]:
        """The rules of the dialect, in its order."""
        return getattr(self, f"_{self.dialect}")()

    def _dclm(self) -> tuple[Rule, ...]:
        return MassiveWebRepetitionFilters(
            max_segment_fraction=self.max_segment_fraction,
            max_segment_char_fraction=self._of_characters(0.20),
            max_ngram_fractions=self.max_ngram_fractions,
        ).rules()

    def _paper(self) -> tuple[Rule, ...]:
        lines = segment_rule("line", False, self.max_segment_fraction)
        paragraphs = segment_rule("paragraph", False, self.max_segment_fraction)
        line_characters = segment_rule("line", True, self._of_characters(0.20))
        paragraph_characters = segment_rule("paragraph", True, self._of_characters(0.20))
        ngrams = (ngram_rule(n, maximum, words="split") for n, maximum in self.max_ngram_fractions.items())
        return lines, paragraphs, line_characters, paragraph_characters, *ngrams

    def _datatrove(self) -> tuple[Rule, ...]:
        rules = [*self._later("paragraphs", "paragraph_runs"), *self._later("lines", "line_runs")]
        for n, maximum in self.max_ngram_fractions.items():
            top = n in _TOP_NGRAMS
            what = f"the most common {n}-gram" if top else f"repeated {n}-grams"
            part = TopNgram(self.words, n, spaces=True) if top else JumpedNgrams(self.words, n)
            rules.append(Rule(f"share of characters in {what}", Share(part, characters), maximum=maximum))
        return tuple(rules)

    def _later(self, name: str, kind: LineKind) -> tuple[Rule, Rule]:
        later, segments, in_later = _columns(kind, "later", "segments", "later_characters")
        shares = Share(later, segments), Share(in_later, characters)
        return (
            Rule(f"share of repeated {name}", shares[0], maximum=self.max_segment_fraction),
            Rule(f"share of characters in repeated {name}", shares[1], maximum=self._of_characters(0.20)),
        )

    def _dolma(self) -> tuple[Rule, ...]:
        kind: LineKind = "line_runs" if self.ignore_empty_lines else "raw_lines"
        repeated, lines, in_repeated = _columns(kind, "repeated", "segments", "repeated_characters")
        of_words = Column(split_words, "word_characters")
        maximum = self._of_characters(0.30)
        rules = [
            Rule("share of repeated lines", Share(repeated, lines), maximum=self.max_segment_fraction),
            Rule("characters in repeated lines per word character", Share(in_repeated, of_words, 1), maximum=maximum),
        ]
        for n, maximum in self.max_ngram_fractions.items():
            if n in _TOP_NGRAMS:
                share = Share(TopNgram("split", n, spaces=False), of_words, 1)
                rules.append(Rule(f"share of characters in the most common {n}-gram", share, maximum=maximum))
            else:
                share = Share(NgramColumn("split", n, "repeated"), NgramColumn("split", n, "characters"), 1)
                rules.append(Rule(f"share of repeated {n}-grams' characters in all", share, maximum=maximum))
        return as_dolma_writes(rules)

    def _of_characters(self, usual: float) -> float:
        return usual if self.max_segment_char_fraction is None else self.max_segment_char_fraction


def _columns(kind: LineKind, *names: str) -> tuple[Column, ...]:
    return tuple(Column(SegmentCounts(kind), name) for name in names)


@dataclass(frozen=True)
class TopNgram:
    """A measurement: characters in all occurrences of the most frequent n-gram, of the first one that is that frequent.

    Also when it occurs only once; 0 when there is none.
    """

    words: CountedWords
    n: int
    spaces: bool
    """Counting a space between the words."""

    def __call__(self, documents: Documents) -> np.ndarray:
        """The characters."""
        most = documents.derived(NgramColumn(self.words, self.n, "most"))
        first = documents.derived(NgramColumn(self.words, self.n, "first"))
        return most * (first + (self.n - 1) * self.spaces)


@dataclass(frozen=True)
class AllJumpedNgrams:
    """A measurement: characters of the n-grams that datatrove's walk jumps over, a column for each n from 5 to 10."""

    words: CountedWords

    def __call__(self, documents: Documents) -> np.ndarray:
        """The characters: int64 (documents, 6)."""
        from assay.text.kernels.jumps import jumped_ngrams

        data, offsets = documents.text_bytes()
        source = word_source(documents, self.words)
        return jumped_ngrams(data, offsets, character_table(), source, _SHORTEST, _LONGEST)


@dataclass(frozen=True)
class JumpedNgrams:
    """A measurement: characters of the n-grams that datatrove's walk jumps over; see ``kernels.jumps``."""

    words: CountedWords
    n: int

    def __call__(self, documents: Documents) -> np.ndarray:
        """The characters."""
        return documents.derived(AllJumpedNgrams(self.words))[:, self.n - _SHORTEST]
