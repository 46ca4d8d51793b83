from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from assay.base.errors import InputError
from assay.evaluation import scoring
from assay.evaluation.prefixes import plant
from assay.evaluation.scoring import Scorer, batches
from assay.evaluation.task import Request


def plain_losses(model, request: Request) -> np.ndarray:
    """One request by itself, through the model's ordinary call."""
    tokens = torch.from_numpy(request.tokens.astype(np.int64))[None]
    with torch.inference_mode():
        logits = model(tokens[:, :-1])[0].double()
    losses = torch.logsumexp(logits, -1) - logits[torch.arange(len(logits)), tokens[0, 1:]]
    return losses[request.first - 1 :].numpy()


def plain_greedy(model, request: Request) -> bool:
    tokens = torch.from_numpy(request.tokens.astype(np.int64))[None]
    with torch.inference_mode():
        guesses = model(tokens[:, :-1])[0].argmax(-1)
    return bool((guesses == tokens[0, 1:])[request.first - 1 :].all())


@pytest.fixture
def requests():
    rng = np.random.default_rng(0)
    lengths = rng.integers(2, 49, 700)
    return [Request(rng.integers(0, 400, n).astype(np.int32), int(rng.integers(1, n))) for n in lengths]


def test_batches_change_nothing(scorer, requests, monkeypatch):
    monkeypatch.setattr(scoring, "_LOGITS", 50 * 400)  # logits in several parts
    found = list(Scorer(scorer.model, scorer.tokenizer, scorer.context).losses(iter(requests)))
    assert len(found) == len(requests)
    for request, losses in zip(requests, found, strict=True):
        np.testing.assert_allclose(losses, plain_losses(scorer.model, request), atol=1e-5)


def related(rng: np.random.Generator) -> list[Request]:
    """Questions with choices: most begin with the same examples, some are cut, some come twice."""
    examples = rng.integers(0, 400, 150)
    requests = []
    for number in range(30):
        prompt = rng.integers(0, 400, rng.integers(1, 40))
        prompt = np.concatenate([examples, prompt]) if number % 3 else prompt
        answers = [rng.integers(0, 400, rng.integers(1, 20)) for _ in range(4)]
        requests += [Request(np.concatenate([prompt, a]).astype(np.int32), len(prompt)) for a in answers]
    requests += requests[:7]
    return [requests[index] for index in rng.permutation(len(requests))]


@pytest.mark.parametrize("budget", [1, 300, 1 << 13])
def test_what_is_shared_changes_nothing(scorer, monkeypatch, budget):
    monkeypatch.setattr(scoring, "_BATCH_TOKENS", budget)
    requests = related(np.random.default_rng(0))
    assert any(len(grove.trunk) for grove in plant(requests))
    for request, scored in zip(requests, scorer.score(requests), strict=True):
        losses = plain_losses(scorer.model, request)
        np.testing.assert_allclose(scored.losses, losses, atol=1e-5)
        assert scored.greedy == plain_greedy(scorer.model, request)


def test_what_the_model_itself_says_is_greedy(scorer):
    prompt = [5, 9, 2]
    with torch.inference_mode():
        first = int(scorer.model(torch.tensor([prompt]))[0, -1].argmax())
        second = int(scorer.model(torch.tensor([[*prompt, first]]))[0, -1].argmax())
    asked = [[*prompt, first, second], [*prompt, first, second + 1], [*prompt, first + 1, second]]
    found = scorer.score(Request(np.array(tokens, np.int32), 3) for tokens in asked)
    assert [scored.greedy for scored in found] == [True, False, False]


def test_batches_hold_every_request_once_within_the_budget():
    lengths = [int(n) for n in np.random.default_rng(1).integers(2, 3000, 500)] + [20_000]
    made = list(batches(lengths))
    assert sorted(index for batch in made for index in batch) == list(range(len(lengths)))
    assert all(len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= 1 << 13 for batch in made)


def test_a_broken_model_is_named(scorer, requests):
    model = copy.deepcopy(scorer.model)
    with torch.no_grad():
        model.norm.weight[0] = torch.nan
    broken = Scorer(model, scorer.tokenizer, scorer.context, where="runs/7")
    with pytest.raises(InputError, match=r"runs/7: the model's logits are not finite.*\nhint: the training diverged"):
        list(broken.losses(requests))
