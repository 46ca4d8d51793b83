from __future__ import annotations

import numpy as np
import pytest

from assay.evaluation.schema import Schema
from assay.evaluation.task import Request
from evaluation.conftest import write_rows
from evaluation.test_scoring import plain_losses


def test_the_continuation_is_scored_after_each_context(tmp_path, scorer):
    row = {"context_options": ["the river ", "the people of the town"], "continuation": " is wide. ", "gold": 1}
    task = Schema(name="t", type="schema", data=[str(write_rows(tmp_path / "rows.jsonl", [row]))])
    [found] = task.measure(scorer).rows
    encode = scorer.tokenizer.encode
    after = encode(" is wide.")
    losses = [
        plain_losses(scorer.model, Request(np.array(encode(option) + after, np.int32), 1))[-len(after) :]
        for option in row["context_options"]
    ]
    assert found["log_likelihoods"] == pytest.approx([-nats.sum() for nats in losses], rel=1e-5)
    assert found["chosen"] == int(np.argmin([nats.mean() for nats in losses]))
    assert found["characters"] == [8, 8]


def test_the_delimiter_follows_a_context_only_after_examples(tmp_path):
    rows = [{"context_options": [f"a{n}", f"b{n} "], "continuation": f"c{n}", "gold": 1} for n in range(2)]
    path = str(write_rows(tmp_path / "rows.jsonl", rows))
    bare = Schema(name="t", type="schema", data=[path]).prompts()[0]
    assert (bare.preamble, bare.queries) == ("", ("a0", "b0 "))
    task = Schema(name="t", type="schema", data=[path], num_fewshot=1, continuation_delimiter=": ")
    prompt = task.prompts()[0]
    assert (prompt.preamble, prompt.queries) == ("b1 : c1", ("\na0:", "\nb0 :"))
