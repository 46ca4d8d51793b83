from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.base.settings import validate
from assay.curation.apply import apply
from assay.text.repetition import (
    MassiveWebRepetitionFilters,
    RepeatedNgrams,
    RepeatedNgramsUpTo,
    RepeatedSegments,
    RepetitionFilter,
)
from assay.text.repetition import repeated_segments as measured_segments
from text.plain import alnum_words, documents, many, repeated_ngrams, repeated_segments, texts

GOLDEN = {
    "line_count": RepeatedSegments("line", False),
    "line_char": RepeatedSegments("line", True),
    "paragraph_count": RepeatedSegments("paragraph", False),
    "paragraph_char": RepeatedSegments("paragraph", True),
    **{f"{n}gram": RepeatedNgrams(n, "most_common" if n < 5 else "all") for n in range(2, 11)},
}

repetitive = st.lists(st.sampled_from(["a", "bb", "ccc", "é"]), max_size=40).map(" ".join)


@pytest.mark.parametrize("key", GOLDEN)
def test_every_fraction_is_that_of_dclm(key, golden):
    measured = GOLDEN[key](documents(*(document["text"] for document in golden)))
    for document, value in zip(golden, measured, strict=True):
        expected = document["fractions"][key]
        if expected is None:  # DCLM decides before it comes to a fraction
            assert value == 0 or math.isnan(value), document["id"]
        else:
            assert value == expected, document["id"]


@many
@given(text=st.one_of(texts, repetitive))
def test_ngrams_are_those_of_plain_python(text):
    measured = RepeatedNgramsUpTo(12)(documents("x", text, f"{text} {text}"))
    for row, same in enumerate(("x", text, f"{text} {text}")):
        words = alnum_words(same)
        expected = [repeated_ngrams(words, n) for n in range(2, 13)]
        np.testing.assert_array_equal(measured[row], expected)


@many
@given(text=st.one_of(texts, repetitive.map(lambda text: text.replace(" ", "\n"))))
def test_segments_are_those_of_plain_python(text):
    variants = (text, f"{text}\n\n{text}", f" {text} \n\n\nx\n\n{text}\n")
    measured = measured_segments(documents(*variants))
    for row, same in zip(measured, variants, strict=True):
        np.testing.assert_array_equal(row, [repeated_segments(same, "\n"), repeated_segments(same, "\n\n")])


def test_a_line_of_a_megabyte():
    text = "one two three " * 80_000
    assert RepeatedNgrams(2, "most_common")(documents(text, "a"))[0] == 80_000 * 8 / (80_000 * 11)
    assert RepeatedNgrams(10, "all")(documents(text, "a"))[0] == 1
    assert RepeatedSegments("line", True)(documents(text, "a")).tolist() == [0, 0]


def test_rules_come_in_the_order_of_dclm():
    names = [rule.name for rule in MassiveWebRepetitionFilters().rules()]
    assert names[:4] == [
        "share of repeated lines",
        "share of repeated paragraphs",
        "share of characters in repeated lines",
        "share of characters in repeated paragraphs",
    ]
    assert names[4] == "share of characters in the most common 2-gram"
    assert names[-1] == "share of characters in repeated 10-grams"
    without = [rule.name for rule in MassiveWebRepetitionFilters(skip_paragraph=True).rules()]
    assert without == [name for name in names if "paragraph" not in name]


def test_a_long_ngram_must_say_what_to_measure():
    with pytest.raises(InputError, match="say most_common or all for 12-grams"):
        validate(RepetitionFilter, {"granularity": 12, "max_fraction": 0.1}, "test")
    step = RepetitionFilter(granularity=12, max_fraction=0.1, ngram_char_ratio="all")
    assert apply(step, documents("a b c d e f g h i j k l " * 2, "a b " * 6)).kept.tolist() == [False, True]
    with pytest.raises(InputError, match="at least 2 words"):
        validate(RepetitionFilter, {"granularity": 1, "max_fraction": 0.1}, "test")
