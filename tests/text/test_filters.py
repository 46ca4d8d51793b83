from __future__ import annotations

import math

import numpy as np
import pytest

from assay.base.errors import InputError
from assay.base.registry import look_up
from assay.base.settings import validate
from assay.curation.apply import apply
from assay.curation.step import Filter
from assay.text import words
from text.plain import documents

COVERED = {
    "page_length_filter",
    "word_length_filter",
    "symbol_ratio_filter",
    "stop_word_filter",
    "alphabetic_word_ratio_filter",
    "bullet_count_filter",
    "ellipsis_count_filter",
    "repetition_filter",
    "massive_web_repetition_filters",
}
CASES = 29


def make(name: str, **parameters) -> Filter:
    return validate(look_up("steps", name), parameters, "test")


def test_every_decision_is_that_of_dclm(golden, filter_cases):
    batch = documents(*(document["text"] for document in golden))
    checked = 0
    for case, parameters in filter_cases.items():
        name = case.partition(":")[0]
        if name not in COVERED or parameters.get("length_type") == "sentence":
            continue  # test_sentences.py has them, where the packages are installed
        kept = apply(make(name, **parameters), batch).kept
        wrong = [document["id"] for document, k in zip(golden, kept, strict=True) if k != document["filters"][case]]
        assert not wrong, case
        checked += 1
    assert checked == CASES


@pytest.mark.parametrize(
    ("key", "measure"),
    [
        ("symbol_ratio", words.symbols_per_word),
        ("non_alpha_ratio", words.share_of_words_without_letter),
        ("mean_word_len", words.mean_word_length),
    ],
)
def test_every_ratio_is_that_of_dclm(key, measure, golden):
    measured = measure(documents(*(document["text"] for document in golden)))
    expected = [document["fractions"][key] for document in golden]
    np.testing.assert_array_equal(measured, [math.nan if value is None else value for value in expected])


@pytest.mark.parametrize(
    ("name", "parameters", "kept"),
    [
        ("page_length_filter", {"length_type": "word"}, False),
        ("page_length_filter", {"length_type": "char", "min_length": 0}, True),
        ("word_length_filter", {}, False),
        ("symbol_ratio_filter", {}, False),
        ("alphabetic_word_ratio_filter", {}, False),
        ("stop_word_filter", {}, False),
        ("bullet_count_filter", {}, True),
        ("ellipsis_count_filter", {}, True),
        ("repetition_filter", {"granularity": "line", "max_fraction": 1}, False),
        ("repetition_filter", {"granularity": 2, "max_fraction": 0}, True),
        ("massive_web_repetition_filters", {}, False),
    ],
)
def test_a_document_without_words(name, parameters, kept):
    assert apply(make(name, **parameters), documents("")).kept.tolist() == [kept]


def test_bounds_are_inclusive_and_reasons_say_which():
    step = make("page_length_filter", length_type="word", min_length=2, max_length=3, model="split")
    outcome = apply(step, documents("a", "a b", "a b c", "a b c d"))
    assert outcome.kept.tolist() == [False, True, True, False]
    assert [outcome.reasons[code] for code in outcome.codes[[0, 3]]] == ["words < 2", "words > 3"]
    undefined = apply(make("word_length_filter"), documents(""))
    assert undefined.reasons[undefined.codes[0]] == "mean word length is not defined"


@pytest.mark.parametrize(
    ("name", "bound", "line"),
    [
        ("bullet_count_filter", "max_bullet_start_ratio", "* a"),
        ("ellipsis_count_filter", "max_ellipsis_end_ratio", "a…"),
    ],
)
def test_a_share_of_lines_is_compared_as_dclm_compares_it(name, bound, line):
    counts = [(some, lines) for lines in range(1, 91) for some in range(lines + 1)]
    batch = documents(*("\n".join([line] * some + ["b"] * (lines - some)) for some, lines in counts))
    for ratio in (0.07, 0.29, 0.3, 0.58, 0.7, 0.9):
        kept = apply(make(name, **{bound: ratio}), batch).kept
        assert kept.tolist() == [some <= ratio * lines for some, lines in counts]


def test_lines_that_are_empty_count_when_asked_for():
    texts = ("", "a", "a\n\nb", "\n\n\n")
    for kind, counts in (("line", [1, 1, 3, 4]), ("paragraph", [1, 1, 2, 2])):
        step = make("page_length_filter", length_type=kind, min_length=2, remove_empty=False)
        assert apply(step, documents(*texts)).kept.tolist() == [count >= 2 for count in counts]


@pytest.mark.parametrize("unique", [False, True])
def test_a_stop_word_must_be_there_however_low_the_bound(unique):
    step = make("stop_word_filter", min_stop_word=0, count_unique=unique)
    assert apply(step, documents("of", "none", "")).kept.tolist() == [True, False, False]


def test_characters_are_code_points():
    step = make("page_length_filter", length_type="char", min_length=3, max_length=3)
    assert apply(step, documents("日本語", "e\u0301", "e\u0301😀", "abcd")).kept.tolist() == [True, False, True, False]


def test_a_length_that_is_not_known():
    with pytest.raises(InputError, match="length_type"):
        make("page_length_filter", length_type="page")
