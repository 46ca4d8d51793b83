from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.base.registry import look_up
from assay.evaluation.in_context import accuracy
from evaluation.conftest import write_rows
from evaluation.plain_prompts import plain_prompts

text = st.text(st.sampled_from("ab \n\t\x1c\u2028\xa0é—🐴."), max_size=6)
lines = st.lists(text, min_size=1, max_size=4)


@st.composite
def data_sets(draw):
    """A type, its settings and its rows."""
    kind = draw(st.sampled_from(["multiple_choice", "schema", "language_modeling", "generation_task_with_answers"]))
    options = draw(st.integers(1, 3))
    several = st.lists(text, min_size=options, max_size=options)
    gold = st.integers(0, options - 1)
    rows = {
        "multiple_choice": {"query": text, "choices": several, "gold": gold},
        "schema": {"context_options": several, "continuation": text, "gold": gold},
        "language_modeling": {"context": text, "continuation": text},
        "generation_task_with_answers": {"context": text, "answer": text, "aliases": st.lists(text, max_size=2)},
    }[kind]
    if kind == "generation_task_with_answers" and draw(st.booleans()):
        rows["chain_of_thought"] = text
    settings = {
        "type": kind,
        "num_fewshot": draw(st.integers(0, 4)),
        "prompt_string": draw(text),
        "example_delimiter": draw(st.sampled_from(["\n", "", "##"])),
        "continuation_delimiter": draw(st.sampled_from([" ", "\nAnswer: ", ""])),
        "question_prelimiter": draw(st.sampled_from(["", "Q: "])),
    }
    if kind == "generation_task_with_answers":
        settings["cot_delimiter"] = draw(st.sampled_from(["", " #### "]))
    return settings, draw(st.lists(st.fixed_dictionaries(rows), min_size=1, max_size=7))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("rows") / "rows.jsonl"


@settings(max_examples=200, deadline=None)
@given(data_set=data_sets())
def test_prompts_of_every_type_are_those_of_the_plain_rule(path, data_set):
    settings, rows = data_set
    task = look_up("tasks", settings["type"])(name="task", data=[str(write_rows(path, rows))], **settings)
    assert [(prompt.preamble, list(prompt.queries)) for prompt in task.prompts()] == plain_prompts(rows, settings)


def make(path, **settings):
    return look_up("tasks", "multiple_choice")(name="task", type="multiple_choice", data=[str(path)], **settings)


def test_examples_come_from_the_category_and_the_score_is_the_mean_of_categories(tmp_path, scorer):
    rows = [
        {"query": f" {word} {n} ", "choices": ["iron", "copper"], "gold": n % 2, "category": word}
        for n in range(6)
        for word in ("metal", "animal")
    ] + [{"query": "metal 6", "choices": ["iron", "copper"], "gold": 0, "category": "metal"}]
    made = make(write_rows(tmp_path / "rows.jsonl", rows), num_fewshot=3, has_categories=True)
    assert [prompt.category for prompt in made.prompts()] == ["animal"] * 6 + ["metal"] * 7
    for prompt in made.prompts():
        assert prompt.preamble.count("\n") == 2
        assert all(line.startswith(prompt.category) for line in prompt.preamble.split("\n"))
    found = made.measure(scorer)
    assert [row["index"] for row in found.rows] == list(range(13))
    by_category = {
        word: [row["correct"] for row in found.rows if row["category"] == word] for word in ("metal", "animal")
    }
    assert found.value == pytest.approx(sum(np.mean(correct) for correct in by_category.values()) / 2)


def test_a_task_with_categories_needs_one_in_every_row(tmp_path):
    rows = [{"query": "q", "choices": ["a"], "gold": 0, "category": "c"}, {"query": "q", "choices": ["a"], "gold": 0}]
    path = write_rows(tmp_path / "rows.jsonl", rows)
    with pytest.raises(InputError, match="rows.jsonl:2: has no category"):
        make(path, has_categories=True).check()
    assert {prompt.category for prompt in make(path).prompts()} == {None}


def test_the_standard_error_of_a_mean_over_categories():
    rows = [{"correct": n < 30, "category": "a"} for n in range(100)] + [
        {"correct": n < 5, "category": "b"} for n in range(10)
    ]
    value, stderr = accuracy(rows)
    assert value == pytest.approx(0.4)
    assert stderr == pytest.approx(math.sqrt(0.21 / 99 + 0.25 / 9) / 2)
    assert accuracy([{"correct": True}]) == (1.0, None)


@pytest.mark.parametrize(
    ("type_", "row", "message"),
    [
        ("multiple_choice", {"query": "q", "gold": 0}, "choices: Field required"),
        ("multiple_choice", {"query": "q", "choices": [], "gold": 0}, "choices: List should have at least 1 item"),
        ("multiple_choice", {"query": "q", "choices": ["a"], "gold": 1}, "gold is 1, and there are 1 choices"),
        ("multiple_choice", {"query": "q", "choices": ["a", 2], "gold": 0}, "choices.1: Input should be a valid str"),
        ("schema", {"context_options": ["a"], "gold": 0}, "continuation: Field required"),
        ("schema", {"context_options": ["a"], "gold": 2, "continuation": "b"}, "gold is 2, and there are 1 context"),
        ("language_modeling", {"context": "a"}, "continuation: Field required"),
        ("generation_task_with_answers", {"context": "a", "aliases": ["b"]}, "answer: Field required"),
    ],
)
def test_bad_rows_are_named(tmp_path, type_, row, message):
    good = {"query": "q", "choices": ["a", "b"], "gold": 1, "source": "other keys are ignored"}
    good |= {"context": "c", "context_options": ["a", "b"], "continuation": "d", "answer": "e"}
    task = look_up("tasks", type_)(
        name="task", type=type_, data=[str(write_rows(tmp_path / "rows.jsonl", [good, row]))]
    )
    with pytest.raises(InputError, match=f"rows.jsonl:2: {message}"):
        task.check()


def test_a_task_without_rows_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no question"):
        make(write_rows(tmp_path / "rows.jsonl", [])).check()


def test_only_newlines_end_a_row(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"query": "a\u2028b\x85", "choices": ["c"], "gold": 0}, ensure_ascii=False))
    assert make(path).prompts()[0].queries == ("a\u2028b",)
