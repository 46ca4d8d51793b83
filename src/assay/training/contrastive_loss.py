"""CLIP's loss: each image is to find its text among all of the batch, and each text its image.

Radford et al. 2021, figure 3. The logits, one for each image and text, are never held whole: some rows at a time give
their part of the loss and of its gradient. With several processes each takes its own rows against the features of all
(open_clip's ``--local-loss --gather-with-grad``), so that the mean of the gradients is that of the whole batch.

Shapes: b pairs of this process, B pairs of all, E width of the features.
"""

from __future__ import annotations

from typing import Any, cast

import torch
import torch.distributed as dist
from torch import Tensor
from torch.autograd.function import once_differentiable

from assay.training.world import World

_LOGITS_AT_ONCE = {"cpu": 2**20, "cuda": 2**27}


def contrastive_loss(images: Tensor, texts: Tensor, scale: Tensor, world: World | None = None) -> Tensor:
    """The mean of both cross-entropies over this process's pairs, a float32 scalar.

    ``images`` and ``texts`` (b, E) have length 1, ``scale`` is a scalar (not its logarithm). All processes of ``world``
    call it with as many pairs; their losses differ, and the mean is the loss of the batch.
    """
    images, texts, scale = images.float(), texts.float(), scale.float()
    if world is None or world.size == 1:
        return (_rows_loss(images, texts, scale, 0) + _rows_loss(texts, images, scale, 0)) / 2
    first = world.rank * len(images)
    every_image, every_text = (cast(Tensor, _Gathered.apply(each, world)) for each in (images, texts))
    return (_rows_loss(images, every_text, scale, first) + _rows_loss(texts, every_image, scale, first)) / 2


def _rows_loss(queries: Tensor, keys: Tensor, scale: Tensor, first: int) -> Tensor:
    return cast(Tensor, _RowsLoss.apply(queries, keys, scale, first))


class _RowsLoss(torch.autograd.Function):
    """The mean cross-entropy of rows of logits; its gradient is ready when the value is.

    Query i (b, E) is to find key ``first`` + i of (B, E).
    """

    @staticmethod
    def forward(ctx: Any, queries: Tensor, keys: Tensor, scale: Tensor, first: int) -> Tensor:
        loss, scale_gradient = torch.zeros((2,), device=queries.device).unbind()
        query_gradient, key_gradient = torch.empty_like(queries), torch.zeros_like(keys)
        rows = max(1, _LOGITS_AT_ONCE[queries.device.type] // len(keys))
        with torch.autocast(queries.device.type, enabled=False):
            for start in range(0, len(queries), rows):
                part = queries[start : start + rows]
                cosines = part @ keys.T
                log_shares = (scale * cosines).log_softmax(-1)
                own = torch.arange(len(part), device=part.device)
                targets = own + (first + start)
                loss -= log_shares[own, targets].sum()
                slope = log_shares.exp_()
                slope[own, targets] -= 1
                scale_gradient += (slope * cosines).sum()
                query_gradient[start : start + rows] = slope @ keys
                key_gradient.addmm_(slope.T, part)
        ctx.save_for_backward(query_gradient * scale, key_gradient * scale, scale_gradient)
        ctx.rows = len(queries)
        return loss / len(queries)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        queries, keys, scale = (part * (gradient / ctx.rows) for part in ctx.saved_tensors)
        return queries, keys, scale, None


class _Gathered(torch.autograd.Function):
    """The features of all processes, by rank; on the way back each gets what all losses ask of its own."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, world: World) -> Tensor:
        ctx.world = world
        everyone = features.new_empty(world.size * len(features), features.shape[1])
        dist.all_gather_into_tensor(everyone, features.contiguous())
        return everyone

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        gradient = gradient.contiguous()
        dist.all_reduce(gradient)
        return gradient[ctx.world.share(len(gradient))], None
