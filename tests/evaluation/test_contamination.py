from __future__ import annotations

import json

import pytest

from assay.cli import invoke
from assay.evaluation.contamination import contamination
from text.plain import documents

LONG = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"


@pytest.fixture
def tasks(tmp_path):
    choice = [
        {"query": f"{LONG} fifteen", "choices": ["yes", "no"], "gold": 0},
        {"query": "one two three four five six seven eight nine ten eleven", "choices": ["12 13", "x"], "gold": 0},
        {"query": "short", "choices": ["a", "b"], "gold": 0},
    ]
    (tmp_path / "quiz.jsonl").write_text("".join(json.dumps(row) + "\n" for row in choice))
    (tmp_path / "prose.jsonl").write_text(
        json.dumps({"text": "nothing of this stands in any of the documents here, as far as anybody knows to this day"})
        + "\n"
    )
    return tmp_path


def test_items_that_a_dataset_holds(tasks):
    batch = documents("Before. ONE, two three (four) five six seven eight nine ten eleven twelve thirteen!", "x").batch
    quiz, prose = contamination(
        [batch], {"quiz": [str(tasks / "quiz.jsonl")], "prose": [str(tasks / "prose.jsonl")]}, ngram=13
    )
    assert (quiz.items, quiz.short, quiz.contaminated, quiz.dirty, quiz.rate) == (3, 1, 1, 0, 0.5)
    (example,) = quiz.examples
    assert (example["item"], example["document"]) == (0, "0")
    assert example["share"] == pytest.approx(1 / 5)  # 3 windows of the query, and the one more with each choice
    assert (prose.items, prose.contaminated, prose.rate) == (1, 0, 0)


def test_the_verb(tasks, capsys):
    (tasks / "pool.jsonl").write_text(json.dumps({"id": "d1", "text": f"{LONG} fifteen yes"}) + "\n")
    names = [str(tasks / name) for name in ("quiz.jsonl", "prose.jsonl")]
    assert invoke(["contamination", str(tasks / "pool.jsonl"), "--suite", *names, "--json"]) == 0
    found = {each["task"]: each for each in json.loads(capsys.readouterr().out)}
    assert found["quiz"]["contaminated"] == 1
    assert found["prose"]["contaminated"] == 0
    suite = tasks / "mine.yaml"
    suite.write_text("tasks:\n  - {name: quiz, type: multiple_choice, data: quiz.jsonl}\n")
    assert invoke(["contamination", str(tasks / "pool.jsonl"), "--suite", str(suite)]) == 0
    shown = capsys.readouterr().out
    assert "shared 13-grams" in shown
    assert "in d1: one two three" in shown
