"""Words of documents, in the three senses that DCLM's steps use, and what is measured on them.

| model      | words are                                                                                    |
|------------|----------------------------------------------------------------------------------------------|
| `split`    | what str.split() gives: runs of characters that are not white space                          |
| `fasttext` | what fastText's tokenizer gives: runs between seven separators; `</s>` for every newline     |
| `uniseg`   | the segments of Unicode's word boundaries (UAX #29), spaces and punctuation included         |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from assay.curation.documents import SLACK, Documents
from assay.text.characters import character_table
from assay.text.measures import Column, Share, Sum, named_columns

WordModel = Literal["fasttext", "split", "uniseg"]


def words_of(text: str, model: WordModel) -> list[str]:
    """The words of one text; for looking at, the filters never make them."""
    from assay.text.kernels.words import all_words

    data = text.encode()
    spans = all_words(np.frombuffer(data + bytes(SLACK), np.uint8), character_table(), model_code(model))
    words = [data[start:stop].decode() for start, stop in spans]
    return _with_line_ends(text, words) if model == "fasttext" else words


def _with_line_ends(text: str, words: list[str]) -> list[str]:
    # Newlines separate words, so each line has its own.
    if "\n" not in text:
        return words
    *lines, last = (words_of(line, "fasttext") for line in text.split("\n"))
    return [word for line in lines for word in (*line, "</s>")] + last


def model_code(model: WordModel) -> int:
    """The model as the kernels call it."""
    from assay.text.kernels import segment

    return {"split": segment.SPLIT, "fasttext": segment.FASTTEXT, "uniseg": segment.UAX29}[model]


@dataclass(frozen=True)
class WordCounts:
    """A measurement: int64 (documents, 4), the words of each document: all, not blank, and by their first character."""

    model: WordModel

    def __call__(self, documents: Documents) -> np.ndarray:
        """Count the words."""
        from assay.text.kernels.words import count_fasttext_words, count_words

        data, offsets = documents.text_bytes()
        if self.model == "fasttext":
            return count_fasttext_words(data, offsets, character_table())
        return count_words(data, offsets, character_table(), model_code(self.model))


@dataclass(frozen=True)
class WordCount:
    """A measurement: how many words a document has, as DCLM's split_words counts them.

    Words to ignore are told by their first character: with ``ignore_punctuation`` it must be a letter or number (or
    white space, unless that is ignored too); otherwise, with ``ignore_whitespace``, words of white space are left out.
    """

    model: WordModel
    ignore_punctuation: bool
    ignore_whitespace: bool

    def __call__(self, documents: Documents) -> np.ndarray:
        """Count the words."""
        column = kind_of_words(self.ignore_punctuation, self.ignore_whitespace)
        return documents.derived(WordCounts(self.model))[:, column]


def kind_of_words(ignore_punctuation: bool, ignore_whitespace: bool) -> int:
    """Which words are left when some are ignored, as ``kernels.words`` calls them."""
    from assay.text.kernels import words

    if ignore_punctuation:
        return words.ALNUM_FIRST if ignore_whitespace else words.ALNUM_OR_SPACE_FIRST
    return words.NOT_BLANK if ignore_whitespace else words.ALL


CountedWords = Literal["split", "alnum", "spacy"]
"""Words that rules count: those of str.split(); UAX #29 words that begin with a letter or number; spaCy's English."""


def word_source(documents: Documents, words: CountedWords) -> tuple[int, np.ndarray, np.ndarray]:
    """How the kernels find the words of documents: the tuple ``words`` of ``kernels.words.document_words``."""
    from assay.text.kernels import segment

    if words != "spacy":
        model = segment.SPLIT if words == "split" else segment.ALNUM
        return model, np.empty((0, 2), np.int64), np.empty(0, np.int64)
    from assay.text.spacy_words import spacy_words

    spans = documents.derived(spacy_words)
    bounds = np.cumsum([0, *map(len, spans)])
    return segment.GIVEN, np.concatenate([np.empty((0, 2), np.int64), *spans]), bounds


@dataclass(frozen=True)
class WordStatistics:
    """A measurement: statistics of words, a structured array of ``kernels.surface.WORD_COLUMNS``."""

    words: CountedWords

    def __call__(self, documents: Documents) -> np.ndarray:
        """Measure the words."""
        from assay.text.kernels import surface

        data, offsets = documents.text_bytes()
        source = word_source(documents, self.words)
        return named_columns(surface.measure_words(data, offsets, character_table(), source), surface.WORD_COLUMNS)


def symbols(documents: Documents) -> np.ndarray:
    """How often each symbol occurs: a structured array of ``kernels.surface.SYMBOL_COLUMNS``."""
    from assay.text.kernels import surface

    return named_columns(surface.count_symbols(*documents.text_bytes()), surface.SYMBOL_COLUMNS)


split_words = WordStatistics("split")

mean_word_length = Share(Column(split_words, "word_characters"), Column(split_words, "words"))
"""Mean characters of a word (str.split); NaN without words."""

all_symbols = Sum(tuple(Column(symbols, name) for name in ("hashes", "dots", "spaced_dots", "ellipses")))
"""Occurrences of ``#``, ``...``, ``. . .`` and ``…``, each counted on its own."""

symbols_per_word = Share(all_symbols, Column(split_words, "words"))
"""These symbols for each word (str.split); NaN without words."""

share_of_words_without_letter = Share(Column(split_words, "words_without_letter"), Column(split_words, "words"))
"""Share of the words (str.split) in which no character is a letter; NaN without words."""

stop_words = Column(split_words, "stop_words")
"""How many words (str.split, lower-cased) are one of the eight stop words of Gopher's rules."""

distinct_stop_words = Column(split_words, "distinct_stop_words")
"""How many of the eight stop words occur."""
