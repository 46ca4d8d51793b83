from __future__ import annotations

from statistics import median

import numpy as np
import pytest
from hypothesis import given

from assay.curation.apply import apply
from assay.text.gopher import GopherQuality, dolma_symbol_words, median_word_length
from assay.text.gopher_repetition import GopherRepetition
from text.plain import documents, many, texts


@many
@given(text=texts)
def test_measures_of_dolma_are_those_of_plain_python(text):
    batch = documents("#", text, f"{text} a…b {text}")
    for row, same in enumerate(("#", text, f"{text} a…b {text}")):
        words = same.split()
        assert median_word_length(batch)[row] == (median(map(len, words)) if words else 0)
        assert dolma_symbol_words(batch)[row] == sum("#" in word or "…" in word for word in words)


@pytest.mark.parametrize(("with_letter", "kept"), [(79_999, True), (79_998, False)])
def test_dolma_decides_on_five_digits(with_letter, kept):
    words = ["the"] * 40_000 + ["a-word"] * (with_letter - 40_000) + ["12345"] * (99_999 - with_letter)
    assert apply(GopherQuality(dialect="dolma"), documents(" ".join(words))).kept.tolist() == [kept]
    assert not apply(GopherQuality(dialect="paper"), documents(" ".join(words))).kept.any()


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
