"""Self-attention, its rotary positions and its masks.

Shapes: B sequences, T positions, D width, N heads, H head width (D = N·H), K heads of keys and values (K divides N).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.models.cache import LayerCache
from assay.models.norms import GainNorm

ROTARY_BASE = 10_000.0
"""Of RoFormer (Su et al. 2021, section 3.2.2) and open_lm; later Llamas take more."""

Angles = tuple[Tensor, Tensor]
"""Cosine and sine of the rotary angles, each (T, H / 2), or (B, 1, T, H / 2) where sequences differ."""


class Attention(nn.Module):
    """Multi-head self-attention: every position takes from all, or when ``causal`` from itself and those before it.

    With fewer ``key_value_heads`` than heads, each serves several heads of queries (grouped-query attention, Ainslie et
    al. 2023). With ``qk_norm``, queries and keys are normed over all heads together, before they are split and rotated
    (open_lm). Keys are named as in open_lm: ``in_proj`` holds queries, keys and values, one below the other.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        key_value_heads: int | None = None,
        qk_norm: bool = False,
        bias: bool = False,
        causal: bool = True,
    ):
        super().__init__()
        self.head_width = width // heads
        self.causal = causal
        shared = self.head_width * (key_value_heads or heads)
        self._widths = [width, shared, shared]
        self.in_proj = nn.Linear(width, sum(self._widths), bias=bias)
        self.out_proj = nn.Linear(width, width, bias=bias)
        self.q_norm = GainNorm(width) if qk_norm else nn.Identity()
        self.k_norm = GainNorm(shared) if qk_norm else nn.Identity()

    def forward(
        self, x: Tensor, angles: Angles | None = None, mask: Tensor | None = None, cache: LayerCache | None = None
    ) -> Tensor:
        """(B, T, D) → (B, T, D). ``angles`` rotate queries and keys; ``mask`` takes the place of ``causal``.

        What ``cache`` holds comes before the T positions.
        """
        queries, keys, values = self.in_proj(x).split(self._widths, dim=-1)
        queries, keys = self._heads(self.q_norm(queries)), self._heads(self.k_norm(keys))
        if angles is not None:
            queries, keys = rotate(queries, angles), rotate(keys, angles)
        values = self._heads(values)
        if cache is not None:
            keys, values = cache.extend(keys, values)
        mixed = attend(queries, keys, values, mask, self.causal)
        return self.out_proj(mixed.transpose(1, 2).flatten(2))

    def _heads(self, x: Tensor) -> Tensor:
        """(B, T, n·H) → (B, n, T, H)."""
        return x.unflatten(-1, (-1, self.head_width)).transpose(1, 2)


def attend(queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None, causal: bool = True) -> Tensor:
    """What each query (B, N, T, H) takes from the values (B, K, S, H) by its likeness to the keys (B, K, S, H).

    ``mask`` is True where a query may look, broadcast to (B, N, T, S); without it ``causal`` decides. The queries are
    the last T of S positions.
    """
    positions, seen = queries.shape[2], keys.shape[2]
    if causal and mask is None and 1 < positions < seen:
        mask = torch.ones(positions, seen, dtype=torch.bool, device=queries.device).tril(seen - positions)
    return functional.scaled_dot_product_attention(
        queries,
        keys,
        values,
        attn_mask=mask,
        is_causal=causal and mask is None and positions == seen,
        enable_gqa=keys.shape[1] != queries.shape[1],
    )


def rotary_angles(positions: Tensor, head_width: int, base: float = ROTARY_BASE) -> Angles:
    """The angles by which rotary embedding turns each pair of channels at given positions: (…, T) → (…, T, H / 2)."""
    channels = torch.arange(0, head_width, 2, device=positions.device, dtype=torch.float32)
    frequencies = 1.0 / (base ** (channels / head_width))
    angles = positions.float()[..., None] * frequencies
    return angles.cos(), angles.sin()


def rotate(x: Tensor, angles: Angles) -> Tensor:
    """Turn channel i together with channel i + H/2 (the half-split layout of GPT-NeoX). (B, N, T, H) → the same."""
    cosine, sine = (part.to(x.dtype) for part in angles)
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cosine - second * sine, second * cosine + first * sine), dim=-1)


def document_mask(tokens: Tensor, end_of_text: int) -> Tensor:
    """Which positions each may look at, itself and those before it in its document: (B, T) ids → (B, 1, T, T) bool.

    A document ends with its ``end_of_text``. Positions need not start anew: rotary scores depend on distance only.
    """
    ends = (tokens == end_of_text).long()
    document = ends.cumsum(-1) - ends
    return (document[:, :, None] == document[:, None, :]).tril()[:, None]
