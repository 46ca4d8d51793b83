"""DCLM's counting enrichers, and the filter that compares what they counted with what is left.

``word_counter_enricher`` before the modifiers and ``word_removal_ratio_filter`` behind them drop the documents of which
the modifiers removed too much.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from assay.base.errors import InputError
from assay.curation.documents import Documents
from assay.curation.step import Filter, Rule, Scorer
from assay.pools.batch import REST
from assay.text.lines import SegmentCount
from assay.text.quality import Score
from assay.text.words import WordCount, WordModel

if TYPE_CHECKING:
    import pyarrow as pa


class LineCounterEnricher(Scorer):
    """Adds how many lines or paragraphs a document has."""

    paragraph_end: Literal["\n", "\n\n"] = "\n"
    """One newline for lines, two for paragraphs. (DCLM takes any regular expression.)"""
    remove_empty: bool = True
    """Do not count those of white space only."""
    key: str = "num_lines"
    """The column for the counts."""
    overwrite: bool = False
    """Replace a column of that name, instead of refusing to."""

    def score(self, documents: Documents) -> dict[str, pa.Array]:
        """One column of int64."""
        count = SegmentCount(self.paragraph_end, self.remove_empty)
        return new_column(documents, self.key, self.overwrite, _integers(documents.derived(count)))


class WordCounterEnricher(Scorer):
    """Adds how many words a document has."""

    key: str = "word_count"
    """The column for the counts."""
    overwrite: bool = False
    """Replace a column of that name, instead of refusing to."""
    model: WordModel = "fasttext"
    """What a word is; see ``words.py``."""
    ignore_punctuation: bool = True
    """Leave out words whose first character is not a letter or number."""
    ignore_whitespace: bool = True

    def score(self, documents: Documents) -> dict[str, pa.Array]:
        """One column of int64."""
        count = WordCount(self.model, self.ignore_punctuation, self.ignore_whitespace)
        return new_column(documents, self.key, self.overwrite, _integers(documents.derived(count)))


def _integers(counts: np.ndarray) -> pa.Array:
    import pyarrow as pa

    return pa.array(counts, pa.int64())


def new_column(documents: Documents, key: str, overwrite: bool, values: pa.Array) -> dict[str, pa.Array]:
    """A new column. InputError when a document has something under that name already, which must not be replaced."""
    if not overwrite and _is_taken(documents, key):
        raise InputError(f"the documents have a column {key!r} already", hint="choose another key, or set overwrite")
    return {key: values}


def _is_taken(documents: Documents, key: str) -> bool:
    import pyarrow.compute as pc

    if documents.has(key) or not documents.has(REST):
        return documents.has(key)
    mentioned = pc.call_function("match_substring", [documents.batch.column(REST)], pc.MatchSubstringOptions(key))
    return any(mentioned.to_pylist()) and any(value is not None for value in documents.values(key, required=False))


class WordRemovalRatioFilter(Filter):
    """Drops documents that lost more than a share of their words since they were counted, and those that had none."""

    prev_word_count_key: str
    """The column of the count before, which ``word_counter_enricher`` wrote."""
    new_word_count_key: str | None = None
    """The column of the count now; of documents that have none, the words are counted."""
    max_removed_ratio: float = 0.05
    model: WordModel = "fasttext"
    """What a word is; see ``words.py``."""
    ignore_punctuation: bool = True
    """Leave out words whose first character is not a letter or number."""
    ignore_whitespace: bool = True

    def rules(self) -> tuple[Rule, ...]:
        """One rule: the share of words removed."""
        now = WordCount(self.model, self.ignore_punctuation, self.ignore_whitespace)
        removed = WordsRemoved(self.prev_word_count_key, self.new_word_count_key, now)
        return (Rule("share of words removed", removed, maximum=self.max_removed_ratio),)


@dataclass(frozen=True)
class WordsRemoved:
    """A measurement: the share of the words counted before that are gone now; NaN when there were none."""

    before: str
    after: str | None
    now: WordCount

    def __call__(self, documents: Documents) -> np.ndarray:
        """The shares. InputError when there is no column of the counts before."""
        before = Score(self.before)(documents)
        after = np.full(len(documents), np.nan)
        if self.after is not None:
            after = Score(self.after, must_exist=False)(documents)
        if np.isnan(after).any():
            after = np.where(np.isnan(after), documents.derived(self.now), after)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(before == 0, np.nan, (before - after) / before)
