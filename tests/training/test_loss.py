from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from assay.training.loss import language_loss


def plain(hidden, output, targets, weight):
    logits = hidden @ output.T
    return (
        functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        + weight * logits.logsumexp(-1).square().mean()
    )


def value_and_gradients(function, hidden, output, targets, weight):
    hidden, output = hidden.clone().requires_grad_(), output.clone().requires_grad_()
    loss = function(hidden, output, targets, weight)
    (3 * loss).backward()
    return loss.detach(), hidden.grad, output.grad


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 9), st.sampled_from([2, 50, 20_000]), st.sampled_from([0.0, 1e-4, 0.5]))
def test_value_and_gradients_are_those_of_the_plain_formula(seed, vocabulary, weight):
    generator = torch.Generator().manual_seed(seed)
    hidden = torch.randn(3, 50, 8, generator=generator)
    output = torch.randn(vocabulary, 8, generator=generator)
    targets = torch.randint(0, vocabulary, (3, 50), generator=generator)
    ours = value_and_gradients(language_loss, hidden, output, targets, weight)
    theirs = value_and_gradients(plain, hidden, output, targets, weight)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


def test_z_loss_alone():
    hidden, output = torch.zeros(1, 4, 8), torch.randn(10, 8)
    targets = torch.zeros(1, 4, dtype=torch.int64)
    log_ten = torch.log(torch.tensor(10.0))
    assert language_loss(hidden, output, targets, 0.0).item() == pytest.approx(log_ten.item())
    assert language_loss(hidden, output, targets, 2.0).item() == pytest.approx((log_ten + 2 * log_ten**2).item())


def test_large_logits_stay_finite():
    hidden, output = torch.full((1, 2, 4), 100.0), torch.eye(4).repeat(2, 1) * 100
    hidden.requires_grad_()
    loss = language_loss(hidden, output, torch.zeros(1, 2, dtype=torch.int64), 1e-4)
    loss.backward()
    assert loss.isfinite()
    assert hidden.grad.isfinite().all()


def test_under_autocast_the_gradients_keep_their_types():
    hidden = torch.randn(2, 70, 8, dtype=torch.bfloat16, requires_grad=True)
    output = torch.randn(30, 8, requires_grad=True)
    targets = torch.randint(0, 30, (2, 70))
    with torch.autocast("cpu", torch.bfloat16):
        loss = language_loss(hidden, output, targets, 1e-4)
    loss.backward()
    assert (loss.dtype, hidden.grad.dtype, output.grad.dtype) == (torch.float32, torch.bfloat16, torch.float32)
    exact = plain(hidden.detach().float(), output.detach(), targets, 1e-4)
    assert loss.item() == pytest.approx(exact.item(), rel=0.02)
