"""The words of spaCy's English tokenizer, which are those of datatrove's rules.

spaCy tokenizes every run of characters that are not white space for itself. So only the different runs of a batch are
given to it, and what it says is remembered. (One thing crosses white space in spaCy: a smiley that is cut by it, as in
") :}", can hide the one that follows. Here it does not.)
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from assay.base.errors import InputError
from assay.curation.documents import Documents
from assay.text.characters import character_table

_REMEMBERED = 1 << 18  # different runs, some 50 MB

_AT_ONCE = 512  # it is faster than one by one

_ends_of: dict[bytes, list[int]] = {}
"""What spaCy said of runs: the bytes where the words end."""


def spacy_words(documents: Documents) -> np.ndarray:
    """The bytes of each document where its words lie: an object array of int64 arrays (words, 2).

    Words of white space are left out. InputError when spaCy is not installed.
    """
    from assay.text.kernels.runs import cut_runs, number_runs

    data, offsets = documents.text_bytes()
    spans, bounds, numbers, firsts = number_runs(data, offsets, character_table())
    runs = [data[start:stop].tobytes() for start, stop in spans[firsts]]
    _remember(runs)
    ends_from = np.cumsum([0, *(len(_ends_of[run]) for run in runs)])
    ends = np.array([end for run in runs for end in _ends_of[run]], np.int64)
    words, word_bounds = cut_runs(offsets, spans, bounds, numbers, ends, ends_from)
    found = np.empty(len(documents), object)
    for document in range(len(documents)):
        found[document] = words[word_bounds[document] : word_bounds[document + 1]]
    return found


def _remember(runs: list[bytes]) -> None:
    if len(_ends_of) > _REMEMBERED:
        _ends_of.clear()
    unknown = [run for run in runs if run not in _ends_of]
    if not unknown:
        return
    pipeline = spacy_english()
    with pipeline.memory_zone():
        for first in range(0, len(unknown), _AT_ONCE):
            some = unknown[first : first + _AT_ONCE]
            # Newlines become words of their own, and no rule of spaCy's looks across one.
            words = (word.text.encode() for word in pipeline.tokenizer(b"\n".join(some).decode()))
            sizes = (len(word) for word in words if word != b"\n")
            for run in some:
                ends = [next(sizes)]
                while ends[-1] < len(run):
                    ends.append(ends[-1] + next(sizes))
                _ends_of[run] = ends


def count_sentences(texts: list[str]) -> list[int]:
    """How many sentences spaCy's sentencizer finds in each text, as datatrove counts them."""
    pipeline = spacy_english()
    with pipeline.memory_zone():
        return [sum(1 for _ in pipeline(text).sents) for text in texts]


@cache
def spacy_english() -> Any:
    """SpaCy's English tokenizer with its rule-based sentencizer, without a model."""
    try:
        spacy = import_module("spacy")
    except ImportError:
        raise InputError(
            "the words of datatrove's rules are spaCy's, which is not installed",
            hint="pip install 'assay[spacy]', or set words: split for an approximation without it",
        ) from None
    pipeline = spacy.blank("en")
    pipeline.add_pipe("sentencizer")
    pipeline.max_length = 1 << 31  # characters; it guards parsers that are not in this pipeline
    return pipeline
