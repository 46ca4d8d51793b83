import math

import pytest

from assay import step
from assay.curation.engine import curate
from assay.curation.explain import Check, explain, in_dataset
from assay.curation.recipe import Recipe, parse_recipe
from assay.records.record import read_record
from curation.curation_pools import make_pool, prose


def recipe(tmp_path, *steps) -> Recipe:
    return parse_recipe({"steps": list(steps)}, "r.yaml", tmp_path)


def test_every_rule_is_shown_with_value_bounds_and_decision(tmp_path):
    length = {"page_length_filter": {"length_type": "word", "min_length": 3, "max_length": 9}}
    (line,) = explain(recipe(tmp_path, length), {"text": "one two"})
    assert (line.step, line.kind, line.decision, line.reason) == (
        "page_length_filter",
        "filter",
        "dropped",
        "words < 3",
    )
    assert line.checks == (Check("words", 2, 3, 9, False),)
    (line,) = explain(recipe(tmp_path, length), {"text": "one two three"})
    assert (line.decision, line.reason, line.checks[0].holds) == ("kept", None, True)


def test_rules_behind_the_first_that_fails_are_shown_too(tmp_path):
    (line,) = explain(recipe(tmp_path, "massive_web_repetition_filters"), {"text": "the same line\n" * 10})
    assert len(line.checks) == 13
    assert line.reason == "share of repeated lines > 0.3"
    assert [check.value for check in line.checks[:2]] == [1, 0]  # all lines are repeated; there is only one paragraph
    assert sum(not check.holds for check in line.checks) > 2


def test_what_is_not_defined_fails(tmp_path):
    (line,) = explain(recipe(tmp_path, "word_length_filter"), {"text": ""})
    assert line.checks == (Check("mean word length", None, 0, None, False),)
    assert line.reason == "mean word length is not defined"


def test_after_a_drop_the_others_would(tmp_path):
    steps = [
        {"word_length_filter": {"min_length": 5}},
        "symbol_ratio_filter",
        {"stop_word_filter": {"min_stop_word": 2}},
    ]
    story = explain(recipe(tmp_path, *steps), {"text": "a b c"})
    assert [(line.decision, line.would) for line in story] == [("dropped", False), ("kept", True), ("dropped", True)]


@step
def without_ads(text: str) -> str | None:
    return "\n".join(line for line in text.split("\n") if line != "AD") or None


@step
def add_length(page: dict) -> dict:
    page["length"] = len(page["text"])
    return page


@step
def broken(text: str) -> int:
    return 1 // len(text.replace("a", ""))


def test_modifiers_show_what_changed():
    steps = (("ads", without_ads.step()), ("length", add_length.step()), ("ads", without_ads.step()))
    ads, length, again = explain(Recipe("own", steps), {"text": "one\nAD\ntwo", "source": "x"})
    assert (ads.characters, ads.diff, ads.columns) == ((10, 7), ("-AD",), {})
    assert (length.characters, length.columns) == (None, {"length": 7})
    assert (again.characters, again.diff, again.columns) == (None, (), {})


def test_a_text_that_is_dropped_goes_on_as_it_was():
    steps = (("ads", without_ads.step()), ("length", add_length.step()))
    ads, length = explain(Recipe("own", steps), {"text": "AD"})
    assert (ads.decision, ads.reason) == ("dropped", "nothing left")
    assert (length.would, length.columns) == (True, {"length": 2})


def test_an_own_step_that_fails_says_why():
    (line,) = explain(Recipe("own", (("broken", broken.step(minimum=0)),)), {"text": "aaa"})
    assert line.reason.startswith("error: ZeroDivisionError")
    assert line.checks == (Check("broken", None, 0, None, False),)


def test_what_needs_the_pool_is_left_open(tmp_path):
    (tmp_path / "good.jsonl").write_text('{"text": "good"}\n')
    steps = [
        "exact_dedup",
        {"fasttext_classifier": {"positives": ["good.jsonl"], "key": "quality"}},
        {"quality_filter": {"key": "quality", "threshold": 0.5}},
    ]
    story = explain(recipe(tmp_path, *steps), {"text": prose(1)})
    assert [line.decision for line in story] == ["pool", "pool", "unknown"]
    assert story[2].reason == "the documents have no 'quality'"


def test_explain_decides_as_the_engine_does(tmp_path):
    pool = make_pool(tmp_path / "pool", files=1, documents=8)
    short = recipe(tmp_path, {"page_length_filter": {"length_type": "word", "min_length": 5}})
    curate(pool, short, tmp_path / "out")
    dataset = read_record(tmp_path / "out")
    for index in range(8):
        (line,) = explain(short, {"text": "too short" if index % 4 == 1 else prose(index)})
        assert in_dataset(dataset, tmp_path / "out", f"d{index}") == (line.decision == "kept")


def test_bounds_without_an_end_are_none(tmp_path):
    (line,) = explain(recipe(tmp_path, {"word_length_filter": {"max_length": math.inf}}), {"text": "a"})
    assert (line.checks[0].minimum, line.checks[0].maximum) == (0, None)


@pytest.mark.parametrize("url", ["https://example.org/", None])
def test_a_document_may_have_no_address(tmp_path, url):
    assert explain(recipe(tmp_path), {"text": "a", "url": url}) == []
