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

from assay.curation.documents import Documents
from assay.text.characters import character_table

WordModel = Literal["fasttext", "split", "uniseg"]


def words_of(text: str, model: WordModel) -> list[str]:
    """The words of one text; for looking at, the filters never make them."""
    from assay.text.kernels.words import all_words

    data = text.encode()
    spans = all_words(np.frombuffer(data + bytes(8), np.uint8), character_table(), model_code(model))
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
        from assay.text.kernels.words import count_words

        data, offsets = documents.text_bytes()
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


def surface(documents: Documents) -> np.ndarray:
    """Statistics of the words that str.split() gives: a structured array of the columns of ``kernels.surface``."""
    from assay.text.kernels import surface as kernels

    data, offsets = documents.text_bytes()
    return named_columns(kernels.surface(data, offsets, character_table()), kernels.COLUMNS)


def named_columns(values: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """An array (rows, columns) as a structured array (rows), without copying."""
    return values.view([(name, values.dtype) for name in names])[:, 0]


def mean_word_length(documents: Documents) -> np.ndarray:
    """Mean characters of a word (str.split); NaN without words."""
    return _share(documents, "word_characters")


def symbols_per_word(documents: Documents) -> np.ndarray:
    """Occurrences of ``#``, ``...``, ``. . .`` and ``…`` for each word (str.split); NaN without words."""
    return _share(documents, "symbols")


def share_of_words_without_letter(documents: Documents) -> np.ndarray:
    """Share of the words (str.split) in which no character is a letter; NaN without words."""
    return _share(documents, "words_without_letter")


def _share(documents: Documents, column: str) -> np.ndarray:
    statistics = documents.derived(surface)
    with np.errstate(invalid="ignore"):
        return statistics[column] / statistics["words"]


def stop_words(documents: Documents) -> np.ndarray:
    """How many words (str.split, lower-cased) are one of the eight stop words of Gopher's rules."""
    return documents.derived(surface)["stop_words"]


def distinct_stop_words(documents: Documents) -> np.ndarray:
    """How many of the eight stop words occur."""
    return documents.derived(surface)["distinct_stop_words"]
