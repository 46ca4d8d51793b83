from __future__ import annotations

import json
import math

import numpy as np
import pytest

from assay.base.errors import InputError
from assay.evaluation.multiple_choice import (
    MultipleChoice,
    Prompt,
    Question,
    accuracy,
    encode_context,
    request,
    takes_leading_space,
)
from assay.evaluation.task import Request
from assay.tokens.jsonl import read_jsonl
from assay.tokens.tokenizer import Tokenizer
from evaluation.conftest import CONTEXT, write_rows
from evaluation.test_scoring import plain_losses


def task(path, **settings) -> MultipleChoice:
    return MultipleChoice(name="task", type="multiple_choice", data=[str(path)], **settings)


def plain_scores(query: str, choices: list[str], scorer) -> list[float]:
    """Zero-shot, one choice at a time."""
    encode = scorer.tokenizer.encode
    before = encode((query.strip() + " ").rstrip())
    scores = []
    for choice in choices:
        after = encode(choice if choice.startswith(" ") else " " + choice)
        tokens = before[-(CONTEXT - len(after)) :] + after
        losses = plain_losses(scorer.model, Request(np.array(tokens, np.int32), 1))
        scores.append(float(np.mean(losses[-len(after) :])))
    return scores


def test_scores_on_copa_are_those_of_a_plain_loop(shared_data, scorer):
    assert takes_leading_space(scorer.tokenizer)
    path = shared_data / "lm_eval" / "commonsense_reasoning" / "copa.jsonl.gz"
    found = task(path).measure(scorer)
    rows = [row for _, row in read_jsonl(path)]
    assert [row["index"] for row in found.rows] == list(range(100))
    for row, prediction in zip(rows, found.rows, strict=True):
        scores = plain_scores(row["query"], row["choices"], scorer)
        assert prediction["scores"] == pytest.approx(scores, rel=1e-5)
        assert prediction["chosen"] == int(np.argmin(prediction["scores"]))
        assert prediction["correct"] == (prediction["chosen"] == row["gold"])
    correct = np.array([row["correct"] for row in found.rows])
    assert found.value == pytest.approx(correct.mean())
    assert found.stderr == pytest.approx(correct.std(ddof=1) / 10)


def test_long_prompts_lose_their_beginning_and_are_counted(tmp_path, scorer):
    rows = [
        {"query": f"{'the water in the well ' * n}is", "choices": ["cold", "a loaf of bread"], "gold": 0}
        for n in (1, 30)
    ]
    found = task(write_rows(tmp_path / "rows.jsonl", rows)).measure(scorer)
    assert found.notes == {"prompts_cut": 1, "choices_cut": 0}
    for row, prediction in zip(rows, found.rows, strict=True):
        assert prediction["scores"] == pytest.approx(plain_scores(row["query"], row["choices"], scorer), rel=1e-5)


def test_a_request_never_exceeds_the_limit():
    for before in range(1, 20):
        for choice in range(1, 10):
            made = request(list(range(before)), list(range(100, 100 + choice)), 10)
            assert len(made.tokens) == min(10, before + choice)
            assert list(made.tokens[made.first :]) == list(range(100, 100 + choice))
            assert made.first >= 1
            assert made.tokens[made.first - 1] == before - 1


def test_of_a_choice_that_is_too_long_the_end_is_cut(tmp_path, scorer):
    rows = [{"query": "the assay", "choices": ["the water is cold " * 40, "short"], "gold": 0}]
    found = task(write_rows(tmp_path / "rows.jsonl", rows)).measure(scorer)
    assert found.notes == {"prompts_cut": 1, "choices_cut": 1}
    kept = [*scorer.tokenizer.encode("the assay")[-1:], *scorer.tokenizer.encode(" the water is cold" * 40)][:CONTEXT]
    losses = plain_losses(scorer.model, Request(np.array(kept, np.int32), 1))
    assert found.rows[0]["scores"][0] == pytest.approx(losses.mean(), rel=1e-5)


def test_a_choice_without_tokens_is_refused(tmp_path, scorer, monkeypatch):
    monkeypatch.setattr("assay.evaluation.multiple_choice.takes_leading_space", lambda tokenizer: False)
    rows = [{"query": "q", "choices": ["a", ""], "gold": 0}]
    with pytest.raises(InputError, match="question 0 has a choice without any token"):
        task(write_rows(tmp_path / "rows.jsonl", rows)).measure(scorer)


def test_examples_come_from_the_category_and_the_score_is_the_mean_of_categories(tmp_path, scorer):
    rows = [
        {"query": f" {word} {n} ", "choices": ["iron", "copper"], "gold": n % 2, "category": word}
        for n in range(6)
        for word in ("metal", "animal")
    ] + [{"query": "metal 6", "choices": ["iron", "copper"], "gold": 0, "category": "metal"}]
    made = task(write_rows(tmp_path / "rows.jsonl", rows), num_fewshot=3, has_categories=True)
    assert [prompt.question.category for prompt in made.prompts()] == ["animal"] * 6 + ["metal"] * 7
    for prompt in made.prompts():
        assert prompt.preamble.count("\n") == 2
        assert all(line.startswith(prompt.question.category) for line in prompt.preamble.split("\n"))
    found = made.measure(scorer)
    assert [row["index"] for row in found.rows] == list(range(13))
    by_category = {
        word: [row["correct"] for row in found.rows if row["category"] == word] for word in ("metal", "animal")
    }
    assert found.value == pytest.approx(sum(np.mean(correct) for correct in by_category.values()) / 2)


def test_the_standard_error_of_a_mean_over_categories():
    rows = [{"correct": n < 30, "category": "a"} for n in range(100)] + [
        {"correct": n < 5, "category": "b"} for n in range(10)
    ]
    value, stderr = accuracy(rows)
    assert value == pytest.approx(0.4)
    assert stderr == pytest.approx(math.sqrt(0.21 / 99 + 0.25 / 9) / 2)
    assert accuracy([{"correct": True}]) == (1.0, None)


def test_special_tokens_come_once_at_the_beginning(scorer):
    definition = json.loads(scorer.tokenizer.definition)
    special = {"<|endoftext|>": {"id": "<|endoftext|>", "ids": [0], "tokens": ["<|endoftext|>"]}}
    around = [{"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}]
    definition["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [*around, {"Sequence": {"id": "A", "type_id": 0}}, *around],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": special,
    }
    tokenizer = Tokenizer(json.dumps(definition))
    question = Question(query="q", choices=["a"], gold=0)
    encode = scorer.tokenizer.encode
    with_examples = Prompt(0, question, "an example", "\nthe query")
    assert encode_context(with_examples, tokenizer) == [0, *encode("an example"), *encode("\nthe query")]
    assert encode_context(with_examples, scorer.tokenizer) == [*encode("an example"), *encode("\nthe query")]
    assert encode_context(Prompt(0, question, "", "query"), tokenizer) == [0, *encode("query")]
    assert encode_context(Prompt(0, question, "", ""), scorer.tokenizer) == [0]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"query": "q", "gold": 0}, "rows.jsonl:2: choices: Field required"),
        ({"query": "q", "choices": [], "gold": 0}, "rows.jsonl:2: choices: List should have at least 1 item"),
        ({"query": "q", "choices": ["a"], "gold": 1}, "rows.jsonl:2: gold is 1, and there are 1 choices"),
        ({"query": "q", "choices": ["a", 2], "gold": 0}, "rows.jsonl:2: choices.1: Input should be a valid string"),
    ],
)
def test_bad_rows_are_named(tmp_path, scorer, row, message):
    good = {"query": "q", "choices": ["a", "b"], "gold": 1, "source": "other keys are ignored"}
    with pytest.raises(InputError, match=message):
        task(write_rows(tmp_path / "rows.jsonl", [good, row])).measure(scorer)


def test_a_task_without_rows_is_refused(tmp_path, scorer):
    with pytest.raises(InputError, match="holds no question"):
        task(write_rows(tmp_path / "rows.jsonl", [])).measure(scorer)
