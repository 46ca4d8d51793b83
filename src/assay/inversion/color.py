"""Colour: grey and HSV as Pillow and torchvision define them, and the random colour jitter of training."""

from __future__ import annotations

import torch
from torch import Tensor

from assay.inversion.draws import Draws
from assay.inversion.operators import Operator

# ITU-R BT.601 luma, with the digits that torchvision uses.
_LUMA = (0.2989, 0.587, 0.114)


def grey(images: Tensor) -> Tensor:
    """Luma (B, 1, H, W) of RGB images."""
    red, green, blue = images.unbind(1)
    return (_LUMA[0] * red + _LUMA[1] * green + _LUMA[2] * blue)[:, None]


def rgb_to_hsv(images: Tensor) -> Tensor:
    """Hue, saturation and value in [0, 1] of RGB (B, 3, H, W); grey pixels have hue 0."""
    red, green, blue = images.unbind(1)
    value, least = images.amax(1), images.amin(1)
    span = value - least
    safe = torch.where(span == 0, 1, span)
    hue = torch.where(value == red, (green - blue) / safe, 2 + (blue - red) / safe)
    # Where two channels are largest together the last one decides, as in scikit-image.
    hue = torch.where((value == green) & (span > 0), 2 + (blue - red) / safe, hue)
    hue = torch.where((value == blue) & (span > 0), 4 + (red - green) / safe, hue)
    hue = torch.where(span == 0, 0, (hue / 6) % 1)
    saturation = torch.where(value == 0, 0, span / torch.where(value == 0, 1, value))
    return torch.stack((hue, saturation, value), 1)


def hsv_to_rgb(images: Tensor) -> Tensor:
    """RGB of HSV images (B, 3, H, W)."""
    hue, saturation, value = images[:, :1], images[:, 1:2], images[:, 2:]
    offsets = torch.tensor([5.0, 3.0, 1.0], dtype=images.dtype, device=images.device).view(1, 3, 1, 1)
    k = (offsets + hue * 6) % 6
    return value - value * saturation * torch.minimum(k, 4 - k).clamp(0, 1)


class ColorJitter(Operator):
    """Brightness, contrast, saturation and hue, in this order, each by a random amount (torchvision ``ColorJitter``).

    The first three scale by 1 ± the amount, toward black, the mean grey, and the pixel's grey; hue turns by ± the
    amount of a circle. torchvision also draws the order of the four; here it is fixed.
    """

    number = 7

    def __init__(self, brightness: float, contrast: float, saturation: float, hue: float):
        self.amounts = (brightness, contrast, saturation, hue)

    def _apply(self, images: Tensor, draws: Draws) -> Tensor:
        amounts = torch.tensor(self.amounts, device=images.device)
        shifts = (2 * draws.uniform(self.number, 4) - 1) * amounts
        brightness, contrast, saturation, hue = (each[:, None, None, None] for each in shifts.to(images).unbind(1))
        images = (images * (1 + brightness)).clamp(0, 1)
        images = torch.lerp(grey(images).mean((2, 3), keepdim=True), images, 1 + contrast).clamp(0, 1)
        images = torch.lerp(grey(images), images, 1 + saturation).clamp(0, 1)
        hsv = rgb_to_hsv(images)
        return hsv_to_rgb(torch.cat(((hsv[:, :1] + hue) % 1, hsv[:, 1:]), 1))

    def __str__(self) -> str:
        return "jitter:" + ",".join(f"{amount:g}" for amount in self.amounts)
