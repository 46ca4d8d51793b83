from __future__ import annotations

import json

import pytest

from assay.base.errors import InputError
from assay.curation.apply import apply
from assay.text.questions import QuestionRemoval
from text.plain import documents

ROWS = [
    {"query": "A long story. Which of these animals can fly?", "choices": ["a dog", "the eagle"], "gold": 1},
    {"query": "Short one?", "choices": ["yes", "no"], "gold": 0},
]


@pytest.fixture
def questions(tmp_path):
    path = tmp_path / "task.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return str(path)


def left(step: QuestionRemoval, *texts: str) -> list[str | None]:
    return step.modify(documents(*texts)).text.to_pylist()


def test_a_question_goes_with_its_options(questions):
    step = QuestionRemoval(against=questions)
    whole = "x A long story. Which of these animals can fly? I think the eagle, not a dog."
    part = "Quiz: Which of these animals can fly? the eagle."
    alone = "A long story. Which of these animals can fly? Nobody knows."
    other = "Which of these animals can flyer? the eagle"
    assert left(step, whole, part, alone, other, "Short one? yes") == [
        "x  I think , not .",
        part,
        alone,
        other,
        "Short one? yes",
    ]
    last = QuestionRemoval(against=questions, last_sentence=True)
    assert left(last, whole, part, alone, other)[:2] == ["x A long story.  I think , not .", "Quiz:  ."]
    assert left(last, "Which of these animals can fly?the eagle") == [None]


def test_reporting_changes_nothing(questions):
    step = QuestionRemoval(against=[questions], last_sentence=True, report_only=True, key="questions")
    batch = documents("Which of these animals can fly? the eagle", "no")
    outcome = apply(step, batch)
    assert outcome.documents.text.equals(batch.text)
    assert outcome.documents.batch.column("questions").to_pylist() == [1, 0]


def test_files_that_are_no_questions(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"query": "Which of these animals can fly?"}\n')
    with pytest.raises(InputError, match="needs a string 'query' and a list of strings 'choices'"):
        left(QuestionRemoval(against=str(path)), "x")
