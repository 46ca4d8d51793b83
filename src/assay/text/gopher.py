"""The rules of Gopher (Rae et al. 2021, appendix A.1) on quality and repetition, as four programs and papers have them.

The rules leave open what a word and a duplicate are, and the implementations differ. A dialect is one reading:

|             | `datatrove`                | `dolma`                    | `paper`          | `dclm`                 |
|-------------|----------------------------|----------------------------|------------------|------------------------|
| words       | spaCy's                    | str.split()                | str.split()      | those of its mappers   |
| word length | mean, without punctuation  | median                     | mean             | mean                   |
| symbols     | `#`; `...` and `…`         | words with `#` or `…`      | as datatrove     | all, and `. . .`       |
| stop words  | different ones, as written | all, as written            | different ones   | all                    |
| bullets     | `•` `-`                    | `*` `-`                    | `●` `•` `*` `-`  | `●` `•` `*` `-`        |
| duplicates  | those after the first      | every copy                 | every copy       | every copy             |
| top n-gram  | first of the most frequent | first of the most frequent | the longest      | the longest            |
| … counts    | also if it occurs once     | also if it occurs once     | from two on      | from two on            |
| n-grams     | a walk jumps over repeated | every copy, overlaps count | words covered    | words covered          |
| shares of   | characters of the text     | those of n-grams, of words | those of words   | those of words         |

Sources: datatrove 0.10.1 (``GopherQualityFilter``, ``GopherRepetitionFilter``); dolma 1.2.1 (the taggers ``gopher_v1``
and, with ``ignore_empty_lines``, ``gopher_v2``; dolma leaves the decision to its mixer, the bounds are those of the
Dolma paper, Soldaini et al. 2024, which differ in 0.30 for the characters of duplicate lines, and are held against the
five digits that its taggers write); DCLM's mappers with the
parameters of its baseline. Where the paper leaves a choice, ``paper`` follows DCLM.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

import numpy as np

from assay.curation.documents import Documents
from assay.curation.step import Filter, Rule
from assay.text import words
from assay.text.characters import character_table
from assay.text.filters import (
    AlphabeticWordRatioFilter,
    BulletCountFilter,
    EllipsisCountFilter,
    PageLengthFilter,
    StopWordFilter,
    SymbolRatioFilter,
    WordLengthFilter,
)
from assay.text.lines import LineCounts, share_of_bullet_lines, share_of_ellipsis_lines
from assay.text.measures import Column, Measure, Rounded, Share, Sum, named_columns
from assay.text.words import WordStatistics, split_words, symbols

Dialect = Literal["dclm", "datatrove", "dolma", "paper"]
DatatroveWords = Literal["spacy", "split"]

_DOLMA_DIGITS = 5  # TAGGER_SCORE_PRECISION in dolma/core/taggers.py


class GopherQuality(Filter):
    """Drops documents that do not look like text, by one reading of Gopher's rules."""

    dialect: Dialect
    words: DatatroveWords = "spacy"
    """Of the dialect datatrove: its own words (needs spaCy), or those of str.split() as an approximation."""
    ignore_empty_lines: bool = False
    """Of the dialect dolma: its second version."""
    min_words: int = 50
    max_words: int = 100_000
    min_word_length: float = 3
    max_word_length: float = 10
    max_symbols_per_word: float = 0.1
    max_bullet_lines: float = 0.9
    max_ellipsis_lines: float = 0.3
    min_words_with_letter: float = 0.8
    """Of the words, those with a letter."""
    min_stop_words: int = 2

    def rules(self) -> tuple[Rule, ...]:
        """The rules of the dialect, in its order."""
        return getattr(self, f"_{self.dialect}")()

    def _dclm(self) -> tuple[Rule, ...]:
        without_letter = round(1 - self.min_words_with_letter, 12)  # 0.2 as a recipe of DCLM writes it, not 1 - 0.8
        filters = (
            PageLengthFilter(
                length_type="word", min_length=self.min_words, max_length=self.max_words, ignore_punctuation=True
            ),
            WordLengthFilter(min_length=self.min_word_length, max_length=self.max_word_length),
            SymbolRatioFilter(max_symbol_to_word_ratio=self.max_symbols_per_word),
            BulletCountFilter(max_bullet_start_ratio=self.max_bullet_lines),
            EllipsisCountFilter(max_ellipsis_end_ratio=self.max_ellipsis_lines),
            AlphabeticWordRatioFilter(max_ratio=without_letter),
            StopWordFilter(min_stop_word=self.min_stop_words),
        )
        return tuple(rule for step in filters for rule in step.rules())

    def _paper(self) -> tuple[Rule, ...]:
        return (
            self._words(Column(split_words, "words")),
            self._word_length("mean", words.mean_word_length),
            *self._symbols(split_words),
            *self._lines(share_of_bullet_lines, share_of_ellipsis_lines),
            self._letters(split_words),
            Rule("different stop words", words.distinct_stop_words, self.min_stop_words),
        )

    def _datatrove(self) -> tuple[Rule, ...]:
        found = WordStatistics(self.words)
        lines = LineCounts("unicode_lines", strip=True)
        some = Sum((Column(found, "words"),), less=(Column(found, "words_of_punctuation"),))
        length = Sum((Column(found, "word_characters"),), less=(Column(found, "characters_of_punctuation"),))
        return (
            self._words(some),
            self._word_length("mean", Share(length, some)),
            *self._symbols(found),
            *self._lines(
                _share_of_lines(lines, "dash_lines", "bullet_lines"),
                _share_of_lines(lines, "dots_lines", "ellipsis_lines"),
            ),
            self._letters(found),
            Rule("different stop words", Column(found, "distinct_exact_stop_words"), self.min_stop_words),
        )

    def _dolma(self) -> tuple[Rule, ...]:
        lines = LineCounts("line_runs" if self.ignore_empty_lines else "raw_lines")
        symbol_words = Share(dolma_symbol_words, Column(split_words, "words"), 1)
        rules = (
            self._words(Column(split_words, "words")),
            self._word_length("median", median_word_length),
            Rule("share of words with a symbol", symbol_words, maximum=self.max_symbols_per_word),
            self._letters(split_words),
            Rule("stop words", Column(split_words, "exact_stop_words"), self.min_stop_words),
            *self._lines(
                _share_of_lines(lines, "dash_lines", "asterisk_lines"), _share_of_lines(lines, "ellipsis_lines")
            ),
        )
        return as_dolma_writes(rules)

    def _words(self, measure: Measure) -> Rule:
        return Rule("words", measure, self.min_words, self.max_words)

    def _word_length(self, kind: str, measure: Measure) -> Rule:
        return Rule(f"{kind} word length", measure, self.min_word_length, self.max_word_length)

    def _symbols(self, found: WordStatistics) -> tuple[Rule, Rule]:
        ellipses = Sum((Column(symbols, "dots"), Column(symbols, "ellipses")))
        count = Column(found, "words")
        return (
            Rule("hashes per word", Share(Column(symbols, "hashes"), count), maximum=self.max_symbols_per_word),
            Rule("ellipses per word", Share(ellipses, count), maximum=self.max_symbols_per_word),
        )

    def _lines(self, bullets: Measure, ellipses: Measure) -> tuple[Rule, Rule]:
        return (
            Rule("share of bullet lines", bullets, maximum=self.max_bullet_lines),
            Rule("share of ellipsis lines", ellipses, maximum=self.max_ellipsis_lines),
        )

    def _letters(self, found: WordStatistics) -> Rule:
        with_letter = Sum((Column(found, "words"),), less=(Column(found, "words_without_letter"),))
        return Rule(
            "share of words with a letter", Share(with_letter, Column(found, "words")), self.min_words_with_letter
        )


def _share_of_lines(lines: LineCounts, *names: str) -> Share:
    return Share(Sum(tuple(Column(lines, name) for name in names)), Column(lines, "lines"), 1)


def as_dolma_writes(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Rules on the five digits that dolma's taggers write, which its mixer reads."""
    return tuple(replace(rule, measure=Rounded(rule.measure, _DOLMA_DIGITS)) for rule in rules)


def dolma_words(documents: Documents) -> np.ndarray:
    """What only dolma measures on words: a structured array of ``kernels.dolma.COLUMNS``."""
    from assay.text.kernels.dolma import COLUMNS, measure_words

    data, offsets = documents.text_bytes()
    return named_columns(measure_words(data, offsets, character_table()), COLUMNS)


dolma_symbol_words = Column(dolma_words, "symbol_words")
"""How many words (str.split) contain ``#`` or ``…``."""


def median_word_length(documents: Documents) -> np.ndarray:
    """Median characters of a word (str.split); 0 without words."""
    return documents.derived(dolma_words)["twice_median_length"] / 2
