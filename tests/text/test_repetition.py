from __future__ import annotations

import math
from collections import Counter
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.base.settings import validate
from assay.curation.apply import apply
from assay.text.lines import LineKind
from assay.text.repetition import (
    MassiveWebRepetitionFilters,
    NgramCounts,
    RepeatedNgrams,
    RepeatedSegments,
    RepetitionFilter,
    SegmentCounts,
)
from text.plain import alnum_words, documents, many, pieces, repeated_ngrams, repeated_segments, texts

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
def test_shares_of_ngrams_are_those_of_plain_python(text):
    variants = ("x", text, f"{text} {text}")
    batch = documents(*variants)
    for n in range(2, 13):
        expected = [repeated_ngrams(alnum_words(same), n) for same in variants]
        np.testing.assert_array_equal(RepeatedNgrams(n, "most_common")(batch), [top for top, _ in expected])
        np.testing.assert_array_equal(RepeatedNgrams(n, "all")(batch), [covered for _, covered in expected])


def ngram_counts(found: list[str], n: int) -> dict[str, int]:
    grams = [tuple(found[i : i + n]) for i in range(len(found) - n + 1)]
    sizes = [sum(map(len, gram)) for gram in grams]
    times = Counter(grams)
    most = max(times.values(), default=0)
    repeated = [i for i, gram in enumerate(grams) if times[gram] > 1]
    return {
        "characters": sum(sizes),
        "most": most,
        "longest": max((size for gram, size in zip(grams, sizes, strict=True) if times[gram] == most), default=0),
        "first": sum(map(len, times.most_common(1)[0][0])) if grams else 0,
        "covered": sum(len(found[i]) for i in {i + k for i in repeated for k in range(n)}),
        "repeated": sum(sizes[i] for i in repeated),
    }


@pytest.mark.parametrize("words", ["split", "alnum"])
@many
@given(text=st.one_of(texts, repetitive))
def test_counts_of_ngrams_are_those_of_plain_python(words, text):
    variants = ("x", text, f"{text} {text}")
    measured = NgramCounts(words, 12)(documents(*variants))
    for row, same in zip(measured, variants, strict=True):
        found = same.split() if words == "split" else alnum_words(same)
        for n in range(2, 13):
            expected = ngram_counts(found, n)
            if expected["most"] < 2:
                del expected["longest"]  # of n-grams that occur once, only the first is measured
            assert {name: int(row[n - 1][name]) for name in expected} == expected


@many
@given(text=st.one_of(texts, repetitive.map(lambda text: text.replace(" ", "\n"))))
def test_shares_of_segments_are_those_of_plain_python(text):
    variants = (text, f"{text}\n\n{text}", f" {text} \n\n\nx\n\n{text}\n")
    batch = documents(*variants)
    for granularity, separator in (("line", "\n"), ("paragraph", "\n\n")):
        expected = [repeated_segments(same, separator) for same in variants]
        np.testing.assert_array_equal(RepeatedSegments(granularity, False)(batch), [count for count, _ in expected])
        np.testing.assert_array_equal(RepeatedSegments(granularity, True)(batch), [size for _, size in expected])


def segment_counts(found: list[str]) -> dict[str, int]:
    times = Counter(found)
    repeated = [segment for segment in found if times[segment] > 1]
    later = [segment for i, segment in enumerate(found) if segment in found[:i]]
    return {
        "segments": len(found),
        "characters": sum(map(len, found)),
        "repeated": len(repeated),
        "repeated_characters": sum(map(len, repeated)),
        "later": len(later),
        "later_characters": sum(map(len, later)),
    }


@pytest.mark.parametrize("kind", get_args(LineKind))
@many
@given(text=st.one_of(texts, repetitive.map(lambda text: text.replace(" ", "\n"))))
def test_segments_of_every_kind_are_those_of_plain_python(kind, text):
    variants = (text, f"{text}\n\n{text}", f" {text} \n\n\nx\n\n{text}\n")
    measured = SegmentCounts(kind)(documents(*variants))
    for row, same in zip(measured, variants, strict=True):
        assert dict(zip(measured.dtype.names, row.tolist(), strict=True)) == segment_counts(pieces(same, kind))


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


@many
@given(
    text=st.one_of(texts, repetitive.map(lambda text: text.replace(" ", "\n"))),
    granularity=st.sampled_from(["line", "paragraph", 2, 5]),
    fraction=st.sampled_from([0.0, 0.2, 0.5]),
)
def test_the_case_is_ignored_as_the_text_in_small_letters_is_judged(text, granularity, fraction):
    variants = [text, f"{text}\n\n{text.upper()}", f"{text.title()} {text}"]
    step = RepetitionFilter(granularity=granularity, max_fraction=fraction)
    any_case = step.model_copy(update={"ignore_case": True})
    small = apply(step, documents(*map(str.lower, variants))).kept
    assert apply(any_case, documents(*variants)).kept.tolist() == small.tolist()


def test_lines_that_differ_in_case():
    step = RepetitionFilter(granularity="line", max_fraction=0.3, ignore_case=True)
    assert apply(step, documents("One\nONE\ntwo", "one\ntwo\nÖne\nthree")).kept.tolist() == [False, True]
    assert apply(step, documents("ÖNE\nöne\ntwo")).kept.tolist() == [False]
