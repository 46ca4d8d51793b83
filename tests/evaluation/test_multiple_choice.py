from __future__ import annotations

import numpy as np
import pytest

from assay.evaluation.multiple_choice import MultipleChoice
from assay.evaluation.task import Request
from assay.tokens.jsonl import read_jsonl
from evaluation.conftest import CONTEXT
from evaluation.test_scoring import plain_losses


def plain_scores(query: str, choices: list[str], scorer) -> list[np.ndarray]:
    """The losses of each choice, zero-shot, one choice at a time."""
    encode = scorer.tokenizer.encode
    before = encode((query.strip() + " ").rstrip())
    scores = []
    for choice in choices:
        after = encode(choice if choice.startswith(" ") else " " + choice)
        tokens = before[-(CONTEXT - len(after)) :] + after
        losses = plain_losses(scorer.model, Request(np.array(tokens, np.int32), 1))
        scores.append(losses[-len(after) :])
    return scores


def test_scores_on_copa_are_those_of_a_plain_loop(shared_data, scorer):
    path = shared_data / "lm_eval" / "commonsense_reasoning" / "copa.jsonl.gz"
    found = MultipleChoice(name="copa", type="multiple_choice", data=[str(path)]).measure(scorer)
    rows = [row for _, row in read_jsonl(path)]
    assert [row["index"] for row in found.rows] == list(range(100))
    for row, prediction in zip(rows, found.rows, strict=True):
        losses = plain_scores(row["query"], row["choices"], scorer)
        assert prediction["log_likelihoods"] == pytest.approx([-nats.sum() for nats in losses], rel=1e-5)
        assert prediction["tokens"] == [len(nats) for nats in losses]
        assert prediction["chosen"] == int(np.argmin([nats.mean() for nats in losses]))
        assert (prediction["gold"], prediction["correct"]) == (row["gold"], prediction["chosen"] == row["gold"])
    correct = np.array([row["correct"] for row in found.rows])
    assert found.value == pytest.approx(correct.mean())
    assert found.stderr == pytest.approx(correct.std(ddof=1) / 10)
