"""The language-model loss: cross-entropy, and the z-loss that keeps the logits from drifting.

The logits of a batch are its largest array by far (a row of V numbers a token), so they are never held whole: the
output layer, the loss and their gradient are worked out together, some rows at a time. The memory is the same for any
batch, and on a CPU the rows stay in the cache.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

_LOGITS_AT_ONCE = {"cpu": 2**19, "cuda": 2**27}
_FEWEST_ROWS = 64


def language_loss(hidden: Tensor, output: Tensor, targets: Tensor, z_weight: float) -> Tensor:
    """Mean over all positions of cross-entropy + z_weight · logsumexp² (open_lm ``losses.py``; PaLM, section 5).

    ``hidden`` (B, T, D) is what the output matrix ``output`` (V, D) reads, ``targets`` (B, T) are int64. The result is
    a float32 scalar. End-of-text and padding count as any other position, as in open_lm.
    """
    return cast(Tensor, _OutputLoss.apply(hidden.flatten(0, -2), output, targets.flatten(), z_weight))


@torch.no_grad()
def summed_loss(hidden: Tensor, output: Tensor, targets: Tensor) -> Tensor:
    """The sum of the cross-entropy over positions, in nats, as a float32 scalar; targets of -100 do not count."""
    hidden, targets = hidden.flatten(0, -2), targets.flatten()
    weight, loss = output.to(hidden.dtype), torch.zeros((), device=hidden.device)
    rows = _rows(output)
    with torch.autocast(hidden.device.type, enabled=False):
        for inner, wanted in zip(hidden.split(rows), targets.split(rows), strict=True):
            loss += functional.cross_entropy((inner @ weight.T).float(), wanted, reduction="sum")
    return loss


def _rows(output: Tensor) -> int:
    """How many positions are worked on at once."""
    return max(_FEWEST_ROWS, _LOGITS_AT_ONCE[output.device.type] // len(output))


class _OutputLoss(torch.autograd.Function):
    """The mean loss; its gradient is ready when the value is."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, output: Tensor, targets: Tensor, z_weight: float) -> Tensor:
        rows = _rows(output)
        weight = output.to(hidden.dtype)
        hidden_gradient = torch.empty_like(hidden)
        output_gradient = torch.zeros_like(output)
        loss = torch.zeros((), device=hidden.device)
        chunks = zip(hidden.split(rows), targets.split(rows), hidden_gradient.split(rows), strict=True)
        with torch.autocast(hidden.device.type, enabled=False):
            for inner, wanted, inner_gradient in chunks:
                value, slope = _value_and_slope((inner @ weight.T).float(), wanted, z_weight)
                loss += value / len(targets)
                slope = slope.div_(len(targets)).to(hidden.dtype)
                inner_gradient.copy_(slope @ weight)
                output_gradient += slope.T @ inner
        ctx.save_for_backward(hidden_gradient, output_gradient)
        return loss

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        hidden_gradient, output_gradient = ctx.saved_tensors
        return hidden_gradient * gradient, output_gradient * gradient, None, None


def _value_and_slope(logits: Tensor, targets: Tensor, z_weight: float) -> tuple[Tensor, Tensor]:
    """The sum of the rows' losses and its derivative by the logits: softmax·(1 + 2zs) - onehot, s = logsumexp."""
    log_shares = logits.log_softmax(-1)
    targets = targets[:, None]
    likelihood = log_shares.gather(-1, targets)
    total = logits.gather(-1, targets) - likelihood
    value = (z_weight * total.square() - likelihood).sum()
    slope = log_shares.exp_().mul_(1 + 2 * z_weight * total)
    return value, slope.scatter_add_(-1, targets, torch.full_like(total, -1.0))
