from __future__ import annotations

import numpy as np
import pytest
import torch

from assay.evaluation import generating


def plain(scorer, prompt: list[int], limit: int, stop: tuple[str, ...]) -> str:
    """Token by token, each by a pass over everything before it."""
    tokens, answer = list(prompt), []
    for _ in range(limit):
        with torch.inference_mode():
            token = int(scorer.model(torch.tensor([tokens]))[0, -1].argmax())
        if token == scorer.tokenizer.end_of_text:
            break
        tokens.append(token)
        answer.append(token)
        if any(text in scorer.tokenizer.decode(answer) for text in stop):
            break
    return scorer.tokenizer.decode(answer)


@pytest.fixture
def prompts() -> list[list[int]]:
    rng = np.random.default_rng(0)
    made = [rng.integers(1, 400, length).tolist() for length in rng.integers(1, 30, 14)]
    return made + made[:2]


def test_batches_generate_what_each_prompt_alone_would(scorer, prompts, monkeypatch):
    monkeypatch.setattr(generating, "_BATCH_TOKENS", 200)  # several batches
    assert scorer.generate(prompts, 12) == [plain(scorer, prompt, 12, ()) for prompt in prompts]


def test_a_sequence_ends_with_its_stop_string(scorer, prompts):
    whole = scorer.generate(prompts, 12)
    stop = (whole[0][3:5], whole[5][2:3])
    found = scorer.generate(prompts, 12, stop)
    assert found == [plain(scorer, prompt, 12, stop) for prompt in prompts]
    assert found != whole


def test_a_sequence_ends_before_an_end_of_text(scorer, prompts, monkeypatch):
    first = int(scorer.model(torch.tensor([prompts[0]]))[0, -1].argmax())
    monkeypatch.setattr(scorer.tokenizer, "end_of_text", first)
    found = scorer.generate(prompts, 4)
    assert found[0] == ""
    assert found == [plain(scorer, prompt, 4, ()) for prompt in prompts]


def test_no_prompt_no_answer(scorer):
    assert scorer.generate([], 5) == []
