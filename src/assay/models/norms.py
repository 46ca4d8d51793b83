"""Norms with a gain and no bias. Shape in and out: (…, D), D the width."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

EPSILON = 1e-5
"""Added to the variance: of open_lm, and of Llama since its second version."""


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
            return self._normed(x.to(dtype), self.weight.to(dtype))

    def _normed(self, x: Tensor, gain: Tensor) -> Tensor:
        return functional.layer_norm(x, gain.shape, gain, None, EPSILON)


class RMSNorm(GainNorm):
    """x / root-mean-square(x), with a gain: LayerNorm that does not centre (Zhang and Sennrich 2019), as in Llama."""

    def _normed(self, x: Tensor, gain: Tensor) -> Tensor:
        return functional.rms_norm(x, gain.shape, gain, EPSILON)
