"""The words of spaCy's English tokenizer, which are those of datatrove's rules.

spaCy tokenizes every run of characters that are not white space for itself. So only the different runs of a batch are
given to it, and what it says is remembered. One thing crosses white space in spaCy: a smiley that is cut by a blank, as
in "= [:a", can hide the one that follows. So runs between which a smiley could be cut are given to it together, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np

from assay.base.errors import InputError
from assay.curation.documents import Documents
from assay.text.characters import character_table

_REMEMBERED = 1 << 18  # different runs, some 50 MB

_BLANK = ord(" ")
_AT_ONCE = 512  # it is faster than one by one

Ends = tuple[int, ...]
"""The bytes of a run where its words end."""

_ends_of: dict[bytes, tuple[Ends, ...]] = {}
"""What spaCy said of runs, and of several with blanks between them."""


@dataclass(frozen=True)
class Runs:
    """The runs of a batch of documents, and the words that spaCy finds in each; see ``kernels.runs``."""

    spans: np.ndarray
    bounds: np.ndarray
    numbers: np.ndarray
    texts: list[bytes]
    """Of each number, the run."""
    ends: list[Ends]
    """Of each number, what spaCy said of it there."""


def spacy_words(documents: Documents) -> np.ndarray:
    """The bytes of each document where its words lie: an object array of int64 arrays (words, 2).

    Words of white space are left out. InputError when spaCy is not installed.
    """
    from assay.text.kernels.runs import cut_runs

    runs = cut_by_spacy(documents)
    _, offsets = documents.text_bytes()
    words, word_bounds = cut_runs(offsets, runs.spans, runs.bounds, runs.numbers, *flat(runs.ends))
    found = np.empty(len(documents), object)
    for document in range(len(documents)):
        found[document] = words[word_bounds[document] : word_bounds[document + 1]]
    return found


def cut_by_spacy(documents: Documents) -> Runs:
    """Find the runs, and ask spaCy for the words of those that it was not asked for before."""
    from assay.text.kernels.runs import number_runs

    data, offsets = documents.text_bytes()
    spans, bounds, numbers, firsts = number_runs(data, offsets, character_table())
    text = data.tobytes()
    texts = [text[start:stop] for start, stop in zip(*spans[firsts].T.tolist(), strict=True)]
    chains = _chains(data, spans, bounds)
    tied = [text[spans[first, 0] : spans[last, 1]] for first, last in chains]
    _remember([*texts, *tied])
    ends = [_ends_of[text][0] for text in texts]
    for (first, last), chain in zip(chains, tied, strict=True):
        for k, ends_here in zip(range(first, last + 1), _ends_of[chain], strict=True):
            if ends_here != ends[numbers[k]]:
                texts.append(texts[numbers[k]])
                numbers[k] = len(ends)
                ends.append(ends_here)
    return Runs(spans, bounds, numbers, texts, ends)


def flat(lists: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """All entries of lists (int64), and where those of each list begin, and the last ends."""
    return np.array([entry for some in lists for entry in some], np.int64), np.cumsum([0, *map(len, lists)])


def _remember(texts: list[bytes]) -> None:
    if len(_ends_of) > _REMEMBERED:
        _ends_of.clear()
    unknown = [text for text in dict.fromkeys(texts) if text not in _ends_of]
    if not unknown:
        return
    pipeline = spacy_english()
    with pipeline.memory_zone():
        for first in range(0, len(unknown), _AT_ONCE):
            some = unknown[first : first + _AT_ONCE]
            # Newlines become words of their own, and no rule of spaCy's looks across one.
            words = (word.text.encode() for word in pipeline.tokenizer(b"\n".join(some).decode()))
            sizes = (len(word) for word in words if word != b"\n")
            _ends_of.update((text, tuple(_ends_in(run, sizes) for run in text.split(b" "))) for text in some)


def _chains(data: np.ndarray, spans: np.ndarray, bounds: np.ndarray) -> list[tuple[int, int]]:
    """First and last of the runs that are tied to one another: a smiley could be cut by the blank between them."""
    before, after = spans[:-1, 1], spans[1:, 0]
    tied = (after - before == 1) & (data[before] == _BLANK) & _ties()[data[before - 1], data[after]]
    begins = bounds[(bounds > 0) & (bounds < len(spans))]
    tied[begins - 1] = False  # the last run of a document and the first of the next one
    edges = np.flatnonzero(np.diff(np.concatenate([[False], tied, [False]]))).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))


@cache
def _ties() -> np.ndarray:
    """Whether a special case of spaCy's has a word that ends with one byte before a word that begins with the other."""
    tokenizer = spacy_english().tokenizer
    parts = ("prefix_search", "suffix_search", "infix_finditer", "token_match", "url_match")
    plain = type(tokenizer)(tokenizer.vocab, **{part: getattr(tokenizer, part) for part in parts})
    ties = np.zeros((256, 256), bool)
    for special in tokenizer.rules:
        words = [word.text.encode() for word in plain(special)]
        for word, following in pairwise(words):
            ties[word[-1], following[0]] = True
    return ties


def _ends_in(run: bytes, sizes: Iterator[int]) -> Ends:
    """Where the words of a run end, by their sizes; takes no more of these."""
    ends = [next(sizes)]
    while ends[-1] < len(run):
        ends.append(ends[-1] + next(sizes))
    return tuple(ends)


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
