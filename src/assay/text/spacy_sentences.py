"""How many sentences spaCy's rule-based sentencizer finds, as datatrove's C4 rules count them.

It looks at words alone: one of its marks ends a sentence, and the next begins with the first word after it that is not
punctuation. So the words that are remembered of runs are enough.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import import_module

import pyarrow as pa

from assay.curation.documents import Documents
from assay.text.spacy_words import Ends, cut_by_spacy, flat, spacy_english

_REMEMBERED = 1 << 16  # different words


def count_sentences(texts: list[str]) -> list[int]:
    """The sentences of each text. InputError when spaCy is not installed."""
    from assay.text.kernels.runs import count_sentences

    documents = Documents(pa.RecordBatch.from_pydict({"text": pa.array(texts, pa.large_string())}))
    runs = cut_by_spacy(documents)
    kinds = [_kinds(text, ends) for text, ends in zip(runs.texts, runs.ends, strict=True)]
    data, offsets = documents.text_bytes()
    return count_sentences(data, offsets, runs.spans, runs.bounds, runs.numbers, flat(kinds)).tolist()


def _kinds(run: bytes, ends: Ends) -> list[int]:
    return [_kind(run[start:stop]) for start, stop in zip([0, *ends], ends, strict=False)]


@lru_cache(_REMEMBERED)
def _kind(word: bytes) -> int:
    from assay.text.kernels.runs import BEGINS, ENDS, NEITHER

    marks, is_punctuation = _rules()
    text = word.decode()
    return ENDS if text in marks else NEITHER if is_punctuation(text) else BEGINS


@cache
def _rules() -> tuple:
    """The marks of spaCy, and what it takes for punctuation."""
    sentencizer = spacy_english().get_pipe("sentencizer")
    return sentencizer.punct_chars, import_module("spacy.lang.lex_attrs").is_punct
