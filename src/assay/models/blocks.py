"""The parts of a transformer, as open_lm builds them for DCLM.

Shapes: B sequences, T positions, D width, N heads, H head width (D = N·H), F feed-forward width.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

_ROTARY_BASE = 10_000.0
_NORM_EPSILON = 1e-5

Angles = tuple[Tensor, Tensor]
"""Cosine and sine of the rotary angles, each (T, H / 2)."""


class GainNorm(nn.Module):
    """LayerNorm with a gain and no bias, computed in the autocast type (open_lm's ``gain_only_lp_layer_norm``)."""

    def __init__(self, width: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """(…, D) → (…, D)."""
        device = x.device.type
        dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else x.dtype
        with torch.autocast(device, enabled=False):  # autocast itself would compute norms in float32
            return functional.layer_norm(x.to(dtype), self.weight.shape, self.weight.to(dtype), None, _NORM_EPSILON)


def rotary_angles(positions: int, head_width: int, device: torch.device) -> Angles:
    """The angles by which rotary embedding turns each pair of channels at positions 0 … T-1 (RoFormer, base 10,000)."""
    channels = torch.arange(0, head_width, 2, device=device, dtype=torch.float32)
    frequencies = 1.0 / (_ROTARY_BASE ** (channels / head_width))
    angles = torch.arange(positions, device=device, dtype=torch.float32)[:, None] * frequencies
    return angles.cos(), angles.sin()


def rotate(x: Tensor, angles: Angles) -> Tensor:
    """Turn channel i together with channel i + H/2 (the half-split layout of GPT-NeoX). (B, N, T, H) → the same."""
    cosine, sine = (part.to(x.dtype) for part in angles)
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cosine - second * sine, second * cosine + first * sine), dim=-1)


class CausalAttention(nn.Module):
    """Causal self-attention with rotary positions; queries and keys are normed over all heads together (QK-norm)."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.in_proj = nn.Linear(width, 3 * width, bias=False)
        self.out_proj = nn.Linear(width, width, bias=False)
        self.q_norm = GainNorm(width)
        self.k_norm = GainNorm(width)

    def forward(self, x: Tensor, angles: Angles) -> Tensor:
        """(B, T, D) → (B, T, D)."""
        queries, keys, values = self.in_proj(x).chunk(3, dim=-1)
        queries = rotate(self._split(self.q_norm(queries)), angles)
        keys = rotate(self._split(self.k_norm(keys)), angles)
        mixed = functional.scaled_dot_product_attention(queries, keys, self._split(values), is_causal=True)
        return self.out_proj(mixed.transpose(1, 2).flatten(2))

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class SwiGLU(nn.Module):
    """The gated feed-forward layer silu(xA) · xB → D; ``w12`` holds A (the gate) and B (GLU variants, Shazeer 2020)."""

    def __init__(self, width: int, hidden: int):
        super().__init__()
        self.w12 = nn.Linear(width, 2 * hidden, bias=False)
        self.w3 = nn.Linear(hidden, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(…, D) → (…, D)."""
        gate, value = self.w12(x).chunk(2, dim=-1)
        return self.w3(functional.silu(gate) * value)


class Block(nn.Module):
    """One pre-norm residual layer of any transformer: x + attention(norm(x)), then x + feed_forward(norm(x)).

    It is given its parts, so that a language model and an image tower differ in the parts and not in the block.
    """

    def __init__(self, norms: tuple[nn.Module, nn.Module], attention: nn.Module, feed_forward: nn.Module):
        super().__init__()
        self.attention_norm, self.ffn_norm = norms
        self.attention = attention
        self.feed_forward = feed_forward

    def forward(self, x: Tensor, *context: Angles) -> Tensor:
        """(B, T, D) → (B, T, D). ``context`` is what the attention needs beside its input."""
        x = x + self.attention(self.attention_norm(x), *context)
        return x + self.feed_forward(self.ffn_norm(x))
