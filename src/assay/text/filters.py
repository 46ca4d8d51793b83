"""Filters on the length of documents, their words and their symbols, with the decisions of DCLM's mappers.

Each is a table of rules; the defaults, and what happens to a document without words, are those of the mapper of the
same name. Bounds are inclusive.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np

from assay.curation.documents import Documents
from assay.curation.step import Filter, Rule
from assay.text import lines, words
from assay.text.sentences import SentenceCount, SentenceTokenizer
from assay.text.words import WordCount, WordModel


def characters(documents: Documents) -> np.ndarray:
    """How many characters (code points) a document has."""
    import pyarrow.compute as pc

    return np.asarray(pc.call_function("utf8_length", [documents.text]))


class PageLengthFilter(Filter):
    """Keeps documents whose length lies between two bounds."""

    length_type: Literal["word", "char", "sentence", "line", "paragraph"]
    min_length: float = 1
    max_length: float = math.inf
    model: WordModel = "fasttext"
    """What a word is; see ``words.py``."""
    ignore_punctuation: bool = False
    """Leave out words whose first character is not a letter or number."""
    ignore_whitespace: bool = True
    tokenizer: SentenceTokenizer = "blingfire"
    """What finds sentences; see ``sentences.py``."""
    tokenizer_lang: str | None = None
    """The language of the sentences; ``nltk`` knows English."""
    remove_empty: bool = True
    """Leave out lines and paragraphs of white space only."""

    def rules(self) -> tuple[Rule, ...]:
        """One rule: the length."""
        return (Rule(f"{self.length_type}s", self._measure(), self.min_length, self.max_length),)

    def _measure(self) -> Callable[[Documents], np.ndarray]:
        if self.length_type == "word":
            return WordCount(self.model, self.ignore_punctuation, self.ignore_whitespace)
        if self.length_type == "sentence":
            return SentenceCount(self.tokenizer, self.tokenizer_lang)
        if self.length_type == "char":
            return characters
        return lines.SegmentCount("\n" if self.length_type == "line" else "\n\n", self.remove_empty)


class WordLengthFilter(Filter):
    """Keeps documents whose mean word length, in characters, lies between two bounds; drops those without words."""

    min_length: float = 0
    max_length: float = math.inf

    def rules(self) -> tuple[Rule, ...]:
        """One rule: the mean length of the words that str.split() gives."""
        return (Rule("mean word length", words.mean_word_length, self.min_length, self.max_length),)


class SymbolRatioFilter(Filter):
    """Drops documents with more than so many ``#`` and ellipses for each word, and those without words."""

    max_symbol_to_word_ratio: float = 0.1

    def rules(self) -> tuple[Rule, ...]:
        """One rule: symbols for each word."""
        return (Rule("symbols per word", words.symbols_per_word, maximum=self.max_symbol_to_word_ratio),)


class StopWordFilter(Filter):
    """Keeps documents with enough of the stop words the, be, to, of, and, that, have, with."""

    count_unique: bool = False
    """Count how many different stop words occur, not how often stop words occur."""
    min_stop_word: int = 2

    def rules(self) -> tuple[Rule, ...]:
        """One rule: the number of stop words, of which there must be one, as in DCLM, also where the minimum is 0."""
        least = max(self.min_stop_word, 1)
        if self.count_unique:
            return (Rule("different stop words", words.distinct_stop_words, least),)
        return (Rule("stop words", words.stop_words, least),)


class AlphabeticWordRatioFilter(Filter):
    """Drops documents in which too many words hold no letter, and those without words."""

    max_ratio: float = 0.2

    def rules(self) -> tuple[Rule, ...]:
        """One rule: the share of words without a letter."""
        return (Rule("share of words without a letter", words.share_of_words_without_letter, maximum=self.max_ratio),)


class BulletCountFilter(Filter):
    """Drops documents in which too many lines begin with a bullet."""

    max_bullet_start_ratio: float = 0.9

    def rules(self) -> tuple[Rule, ...]:
        """One rule: the share of bullet lines."""
        return (Rule("share of bullet lines", lines.LeastShare("bullet_lines"), maximum=self.max_bullet_start_ratio),)


class EllipsisCountFilter(Filter):
    """Drops documents in which too many lines end with an ellipsis."""

    max_ellipsis_end_ratio: float = 0.3

    def rules(self) -> tuple[Rule, ...]:
        """One rule: the share of lines that end with an ellipsis."""
        share = lines.LeastShare("ellipsis_lines")
        return (Rule("share of ellipsis lines", share, maximum=self.max_ellipsis_end_ratio),)
