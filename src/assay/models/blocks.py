"""The residual layer of every transformer here, and its feed-forward parts.

Block            open_lm              Llama        CLIP's towers
norms            GainNorm             RMSNorm      nn.LayerNorm
attention        QK-norm, rotary      rotary       biases; causal for text, full for images
feed-forward     SwiGLU               SwiGLU       MLP with GELU or QuickGELU

Norms are in ``norms.py``, attention in ``attention.py``. Shapes: B sequences, T positions, D width.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.models.attention import Angles, Attention
from assay.models.cache import LayerCache


class Block(nn.Module):
    """One pre-norm residual layer: x + attention(norm(x)), then x + feed_forward(norm(x)).

    It is given its parts, so that a language model and an image tower differ in the parts and not in the block.
    """

    def __init__(self, norms: tuple[nn.Module, nn.Module], attention: Attention, feed_forward: nn.Module):
        super().__init__()
        self.attention_norm, self.ffn_norm = norms
        self.attention = attention
        self.feed_forward = feed_forward

    def forward(
        self, x: Tensor, angles: Angles | None = None, mask: Tensor | None = None, cache: LayerCache | None = None
    ) -> Tensor:
        """(B, T, D) → (B, T, D); ``angles``, ``mask`` and ``cache`` as in ``Attention``."""
        x = x + self.attention(self.attention_norm(x), angles, mask, cache)
        return x + self.feed_forward(self.ffn_norm(x))


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


class MLP(nn.Module):
    """The plain feed-forward layer with biases: ``activation`` is GELU, or QuickGELU for OpenAI's CLIP weights."""

    def __init__(self, width: int, hidden: int, activation: Callable[[Tensor], Tensor] = functional.gelu):
        super().__init__()
        self.c_fc = nn.Linear(width, hidden)
        self.c_proj = nn.Linear(hidden, width)
        self._activation = activation

    def forward(self, x: Tensor) -> Tensor:
        """(…, D) → (…, D)."""
        return self.c_proj(self._activation(self.c_fc(x)))


def quick_gelu(x: Tensor) -> Tensor:
    """The approximation x · σ(1.702 x) of GELU that OpenAI's CLIP was trained with (Hendrycks and Gimpel 2016)."""
    return x * torch.sigmoid(1.702 * x)
