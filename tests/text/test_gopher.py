from __future__ import annotations

from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.curation.apply import apply
from assay.text.gopher import (
    AllJumpedNgrams,
    GopherQuality,
    GopherRepetition,
    TopNgram,
    dolma_symbol_words,
    median_word_length,
)
from text.plain import documents, every_text, many, texts

repetitive = st.lists(st.sampled_from(["a", "bb", "ccc", "é", "ab", "b", "c", "seventeen-letters"]), max_size=60).map(
    " ".join
)


def jumped(words: list[str], n: int) -> int:
    """Characters of the n-grams that were seen before, one after the other."""
    seen: set[str] = set()
    characters = i = 0
    while i + n <= len(words):
        text = "".join(words[i : i + n])
        if text in seen:
            characters += len(text)
            i += n
        else:
            seen.add(text)
            i += 1
    return characters


@many
@given(text=st.one_of(texts, repetitive))
def test_jumps_are_those_of_plain_python(text):
    variants = ("x", text, f"{text} {text}", f"{text} y {text}{text}")
    measured = AllJumpedNgrams("split")(documents(*variants))
    assert measured.tolist() == [[jumped(same.split(), n) for n in range(5, 11)] for same in variants]


def test_ngrams_that_are_cut_differently_are_the_same():
    once, again = "a bc d e f gh", "ab c d e fg h"
    assert once.replace(" ", "") == again.replace(" ", "")
    long = [f"{text} {'z' * 20}" for text in (once, again)]
    measured = AllJumpedNgrams("split")(documents(f"{once} {again}", f"{long[0]} q {long[1]}"))
    assert measured.tolist() == [
        [jumped(text.split(), n) for n in range(5, 11)] for text in (f"{once} {again}", f"{long[0]} q {long[1]}")
    ]
    assert measured[:, 1].tolist() == [8, 8]
    assert measured[1, 2] == 28


def test_every_sequence_of_short_words():
    variants = every_text(("a ", "aa ", "b"), 9)
    measured = AllJumpedNgrams("split")(documents(*variants))
    assert measured[:, 0].tolist() == [jumped(text.split(), 5) for text in variants]


@many
@given(text=texts)
def test_measures_of_dolma_are_those_of_plain_python(text):
    batch = documents("#", text, f"{text} a…b {text}")
    for row, same in enumerate(("#", text, f"{text} a…b {text}")):
        words = same.split()
        assert median_word_length(batch)[row] == (median(map(len, words)) if words else 0)
        assert dolma_symbol_words(batch)[row] == sum("#" in word or "…" in word for word in words)


def test_the_top_ngram_is_the_first_of_the_most_frequent():
    batch = documents("aa b c", "a b cc dd a b cc dd", "a")
    assert TopNgram("split", 2, spaces=False)(batch).tolist() == [3, 4, 0]
    assert TopNgram("split", 2, spaces=True)(batch).tolist() == [4, 6, 0]


@pytest.mark.parametrize("dialect", ["dclm", "datatrove", "dolma", "paper"])
def test_bounds_can_be_moved_in_every_dialect(dialect):
    batch = documents("the cat is on the mat and the dog is on the mat with the cat", "of 1 2 3")
    loose = {"min_words": 1, "min_word_length": 0, "min_words_with_letter": 0, "min_stop_words": 0}
    assert apply(GopherQuality(dialect=dialect, words="split", **loose), batch).kept.all()
    tight = loose | {"min_words": 5}
    assert apply(GopherQuality(dialect=dialect, words="split", **tight), batch).kept.tolist() == [True, False]
    some = GopherRepetition(dialect=dialect, words="split", max_ngram_fractions={2: 0.9})
    none = GopherRepetition(dialect=dialect, words="split", max_ngram_fractions={2: 0.1})
    assert apply(some, batch).kept[0]
    assert not apply(none, batch).kept[0]


def test_words_given_are_measured_like_words_found():
    from assay.text.characters import character_table
    from assay.text.kernels import jumps, repeats, segment, surface

    texts = ["the cat  sat\non the cat sat on the cat sat on", "", "é é é"]
    data, offsets = documents(*texts).text_bytes()
    spans, bounds = [], [0]
    for text in texts:
        at = 0
        for word in text.split():
            at = text.encode().index(word.encode(), at)
            spans.append((at, at + len(word.encode())))
            at = spans[-1][1]
        bounds.append(len(spans))
    found = (segment.SPLIT, np.empty((0, 2), np.int64), np.empty(0, np.int64))
    given = (segment.GIVEN, np.array(spans), np.array(bounds))
    table = character_table()
    for kernel, parameters in (
        (surface.measure_words, ()),
        (repeats.repeated_ngrams, (10,)),
        (jumps.jumped_ngrams, (5, 10)),
    ):
        expected = kernel(data, offsets, table, found, *parameters)
        np.testing.assert_array_equal(kernel(data, offsets, table, given, *parameters), expected)
