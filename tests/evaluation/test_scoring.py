from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from assay.base.errors import InputError
from assay.evaluation import scoring
from assay.evaluation.scoring import Scorer, batches
from assay.evaluation.task import Request


def plain_losses(model, request: Request) -> np.ndarray:
    """One request by itself, through the model's ordinary call."""
    tokens = torch.from_numpy(request.tokens.astype(np.int64))[None]
    with torch.inference_mode():
        logits = model(tokens[:, :-1])[0].double()
    losses = torch.logsumexp(logits, -1) - logits[torch.arange(len(logits)), tokens[0, 1:]]
    return losses[request.first - 1 :].numpy()


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
