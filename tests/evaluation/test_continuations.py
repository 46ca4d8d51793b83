from __future__ import annotations

import numpy as np
import pytest

from assay.base.errors import InputError
from assay.evaluation.continuations import lowest_loss
from assay.evaluation.multiple_choice import MultipleChoice
from assay.evaluation.prompts import Prompt
from assay.evaluation.scoring import Scored
from assay.evaluation.task import Request
from evaluation.conftest import CONTEXT, write_rows
from evaluation.test_multiple_choice import plain_scores
from evaluation.test_scoring import plain_losses


def measure(path, scorer, rows, **settings):
    task = MultipleChoice(name="t", type="multiple_choice", data=[str(write_rows(path / "r.jsonl", rows))], **settings)
    return task.measure(scorer)


def test_long_prompts_lose_their_beginning_and_are_counted(tmp_path, scorer):
    rows = [
        {"query": f"{'the water in the well ' * n}is", "choices": ["cold", "a loaf of bread"], "gold": 0}
        for n in (1, 30)
    ]
    found = measure(tmp_path, scorer, rows)
    assert found.notes == {"prompts_cut": 1, "continuations_cut": 0}
    for row, prediction in zip(rows, found.rows, strict=True):
        expected = [-nats.sum() for nats in plain_scores(row["query"], row["choices"], scorer)]
        assert prediction["log_likelihoods"] == pytest.approx(expected, rel=1e-5)
    assert measure(tmp_path, scorer, rows, max_seq_len=8).notes["prompts_cut"] == 2


def test_of_a_continuation_that_is_too_long_the_end_is_cut(tmp_path, scorer):
    rows = [{"query": "the assay", "choices": ["the water is cold " * 40, "short"], "gold": 0}]
    found = measure(tmp_path, scorer, rows)
    assert found.notes == {"prompts_cut": 1, "continuations_cut": 1}
    kept = [*scorer.tokenizer.encode("the assay")[-1:], *scorer.tokenizer.encode(" the water is cold" * 40)][:CONTEXT]
    losses = plain_losses(scorer.model, Request(np.array(kept, np.int32), 1))
    assert found.rows[0]["log_likelihoods"][0] == pytest.approx(-losses.sum(), rel=1e-5)
    assert found.rows[0]["tokens"] == [CONTEXT - 1, len(scorer.tokenizer.encode(" short"))]


def test_sizes_are_those_of_the_text_without_its_leading_space(tmp_path, scorer):
    rows = [{"query": "q", "choices": ["één", " één", "🐴"], "gold": 0}]
    [row] = measure(tmp_path, scorer, rows).rows
    assert (row["characters"], row["bytes"]) == ([3, 3, 1], [5, 5, 4])


def test_a_continuation_without_tokens_is_refused(tmp_path, scorer, monkeypatch):
    monkeypatch.setattr("assay.evaluation.encoding.takes_leading_space", lambda tokenizer: False)
    with pytest.raises(InputError, match="question 0 has a continuation without any token"):
        measure(tmp_path, scorer, [{"query": "q", "choices": ["a", ""], "gold": 0}])


def test_the_lowest_mean_loss_wins_and_the_first_on_a_tie():
    prompt = Prompt(0, None, "", ("q",), ("a", "b", "c"), 1)
    losses = [[3.0], [1.0, 3.0], [2.0]]
    verdict = lowest_loss(prompt, [Scored(np.array(nats), False) for nats in losses])
    assert (verdict.chosen, verdict.correct) == (1, True)
