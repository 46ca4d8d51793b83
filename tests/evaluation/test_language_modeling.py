from __future__ import annotations

import torch

from assay.evaluation.language_modeling import LanguageModeling
from evaluation.conftest import write_rows


def likeliest(scorer, ids: list[int], count: int) -> list[int]:
    """What the model itself goes on with."""
    for _ in range(count):
        with torch.inference_mode():
            logits = scorer.model.output(scorer.model.hidden(torch.tensor([ids])))[0, -1]
        ids = [*ids, int(logits.argmax())]
    return ids[-count:]


def test_a_completion_is_right_when_every_token_is_the_likeliest(tmp_path, scorer):
    inner = scorer.tokenizer._inner
    rows, expected = [], []
    for context in ("the river", "a man went to", "Question: which", "the ore"):
        before = scorer.tokenizer.encode(context)
        for count in (1, 2):
            text = inner.decode(likeliest(scorer, before, count), skip_special_tokens=False)
            for continuation in (text, text + " town"):
                after = scorer.tokenizer.encode(continuation if continuation.startswith(" ") else " " + continuation)
                rows.append({"context": context, "continuation": continuation})
                expected.append(bool(continuation.strip()) and likeliest(scorer, before, len(after)) == after)
    kept = [index for index, row in enumerate(rows) if row["continuation"] == row["continuation"].strip()]
    rows, expected = [rows[index] for index in kept], [expected[index] for index in kept]
    task = LanguageModeling(name="t", type="language_modeling", data=[str(write_rows(tmp_path / "r.jsonl", rows))])
    found = task.measure(scorer)
    assert [row["correct"] for row in found.rows] == expected
    assert found.value == sum(expected) / len(expected)
    assert all((row["gold"], row["chosen"]) == (0, None) for row in found.rows)
    assert all(len(row["log_likelihoods"]) == 1 for row in found.rows)
