"""Non-local means (Buades, Coll and Morel 2005), as scikit-image's fast mode has it: what denoising before a clean
encoder can do.

A pixel becomes the mean of those whose patches are like its own: weights exp(-max(0, d² - 2σ²)/h²), d² the mean squared
difference of two patches. σ is estimated from the finest diagonal wavelet coefficients (Donoho and Johnstone 1994).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from assay.inversion.draws import Draws
from assay.inversion.operators import Operator

PATCH, DISTANCE, STRENGTH = 7, 11, 0.1
"""scikit-image's defaults, as in the paper's code: patches of 7 x 7, looked for up to 11 pixels away, h = 0.1."""
_HIGH_PASS = (-0.48296291314469025, 0.836516303737469, -0.22414386804185735, -0.12940952255092145)
"""Daubechies' wavelet with two vanishing moments, db2."""
_MEDIAN = 0.6744897501960817
"""The median of the absolute value of a standard normal number."""
_CUTOFF = 5.0
"""scikit-image: a weight below exp(-5) counts as 0."""


def noise_level(images: Tensor) -> Tensor:
    """σ of each image, (B,): the mean over the channels."""
    taps = torch.tensor(_HIGH_PASS, dtype=images.dtype, device=images.device)
    batch, channels, height, width = images.shape
    padded = functional.pad(images, (3, 3, 3, 3), mode="reflect").view(batch * channels, 1, height + 6, width + 6)
    diagonal = functional.conv2d(padded, torch.outer(taps, taps)[None, None], stride=2)
    return (diagonal.abs().flatten(1).median(1).values / _MEDIAN).view(batch, channels).mean(1)


def non_local_means(images: Tensor) -> Tensor:
    """The images (B, C, H, W), denoised."""
    height, width = images.shape[-2:]
    variance = 2 * noise_level(images).square()[:, None, None, None]
    reach = min(DISTANCE, height - 1, width - 1)
    padded = functional.pad(images, (reach,) * 4, mode="reflect")
    total, weights = torch.zeros_like(images), torch.zeros_like(images[:, :1])
    for top in range(2 * reach + 1):
        for left in range(2 * reach + 1):
            other = padded[..., top : top + height, left : left + width]
            apart = functional.avg_pool2d(
                (images - other).square().mean(1, keepdim=True), PATCH, 1, PATCH // 2, count_include_pad=False
            )
            exponent = (apart - variance).clamp_(min=0) / STRENGTH**2
            weight = torch.where(exponent > _CUTOFF, 0.0, (-exponent).exp_())
            total += weight * other
            weights += weight
    return total / weights


class Denoise(Operator):
    """``non_local_means`` after another operator."""

    def __init__(self, operator: Operator):
        self.operator = operator

    def _apply(self, images: Tensor, draws: Draws) -> Tensor:
        return non_local_means(self.operator(images, draws))

    def __str__(self) -> str:
        return f"{self.operator}+denoise"
