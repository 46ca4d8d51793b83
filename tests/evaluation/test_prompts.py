from __future__ import annotations

import gzip
import hashlib
import json
import random

import pytest

from assay.evaluation.prompts import Prompt, choose_examples, with_leading_space
from assay.evaluation.suite import load_suite


@pytest.fixture(scope="module")
def golden(shared_data):
    """The reference's prompts, by label."""
    rows: dict[str, list[dict]] = {}
    with gzip.open(shared_data / "dclm_eval_prompts_golden.jsonl.gz", "rt") as file:
        for row in map(json.loads, file):
            rows.setdefault(row["label"], []).append(row)
    return rows


def as_stored(text: str, stored: str | dict) -> str | dict:
    """The text in the form of the golden file: long ones are there as their hash."""
    if isinstance(stored, str):
        return text
    return {**stored, "md5": hashlib.md5(text.encode()).hexdigest(), "chars": len(text)}


def test_the_prompts_of_all_tasks_are_those_of_the_reference(golden, shared_data):
    suite = load_suite("extended", data=shared_data / "lm_eval", skip_missing=True)
    tasks = {task.name: task for task in suite.tasks}
    assert set(golden) == set(tasks)
    for label, rows in golden.items():
        by_category: dict[str, list[Prompt]] = {}
        for prompt in tasks[label].prompts():
            by_category.setdefault(prompt.category or "", []).append(prompt)
        for row in rows:
            prompt = by_category[row["category"]][row["index"]]
            spell = str if tasks[label].type == "generation_task_with_answers" else with_leading_space
            assert len(by_category[row["category"]]) == row["n"]
            assert as_stored(prompt.preamble, row["preamble_fewshot"]) == row["preamble_fewshot"]
            assert list(prompt.queries) == (row["context"] if tasks[label].type == "schema" else [row["context"]])
            assert [spell(text) for text in prompt.continuations] == row["continuations"]
            if row["gold"] is not None:
                assert prompt.gold == row["gold"]


def test_a_question_is_never_its_own_example():
    for count, shots in [(1, 5), (2, 5), (5, 10), (5, 4), (40, 10)]:
        for index, chosen in enumerate(choose_examples(count, shots)):
            assert index not in chosen
            assert len(set(chosen)) == len(chosen) == min(count - 1, shots)


def test_examples_stand_in_the_order_of_a_set():
    state = random.Random(7)
    first = set(state.sample(range(1000), 5))
    assert 0 not in first
    assert next(choose_examples(1000, 5, seed=7)) == list(first)
    assert list(choose_examples(3, 0)) == [[], [], []]


def test_the_hash_tells_prompts_apart():
    prompt = Prompt(0, None, "p", ("q",), ("a", "b"), 0)
    assert len(prompt.hash) == 16
    assert prompt.hash == Prompt(5, "c", "p", ("q",), ("a", "b"), 1).hash
    others = [Prompt(0, None, "pq", ("",), ("a", "b"), 0), Prompt(0, None, "p", ("q",), ("ab",), 0)]
    assert len({prompt.hash, *(other.hash for other in others)}) == 3
