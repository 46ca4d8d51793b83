"""Operators on 8-bit images: JPEG, and Pillow's box filter."""

from __future__ import annotations

from functools import cache
from io import BytesIO

import numpy as np
import torch
from torch import Tensor

from assay.base.optional import optional
from assay.inversion.draws import Draws
from assay.inversion.operators import Leveled

# Pillow's Resample.c: 8-bit filters have this many fractional bits.
_PRECISION = 32 - 8 - 2


def to_bytes(images: Tensor) -> Tensor:
    """Images in [0, 1] as uint8, rounded; what lies outside is clipped."""
    return (images * 255).round_().clamp_(0, 255).to(torch.uint8)


@cache
def _box(size: int, small: int) -> Tensor:
    """The box filter that shrinks a side, times 2^22 and rounded: (small, size) in float64."""
    scale = size / small
    weights = np.zeros((small, size))
    for row in range(small):
        # The box covers (centre - scale / 2, centre + scale / 2]; pixels count by their middle (precompute_coeffs).
        centre = (row + 0.5) * scale
        low, high = max(0, int(centre - scale / 2 + 0.5)), min(size, int(centre + scale / 2 + 0.5))
        at = (np.arange(low, high) - centre + 0.5) * (1 / scale)
        inside = ((at > -0.5) & (at <= 0.5)).astype(float)
        weights[row, low:high] = np.floor(0.5 + inside * (1 / inside.sum()) * (1 << _PRECISION))
    return torch.from_numpy(weights)


def shrink(images: Tensor, height: int, width: int) -> Tensor:
    """Box-filtered images, rows after columns in Pillow's fixed-point arithmetic; 0…255 as float64.

    Equal to Pillow's ``resize(size, BOX)`` on square images. On others Pillow may filter in the other order, and some
    values then differ by one.
    """
    rows, columns = (_box(s, n).to(images.device) for s, n in zip(images.shape[-2:], (height, width), strict=True))
    unit = 1 << _PRECISION
    across = ((images.double() @ columns.mT + unit // 2) / unit).floor()
    return ((rows @ across + unit // 2) / unit).floor()


def _nearest(size: int, small: int) -> Tensor:
    """Which of ``small`` pixels each of ``size`` shows, by steps that are added up as Pillow adds them (Geometry.c)."""
    step = small / size
    return torch.from_numpy(np.cumsum([step * 0.5, *[step] * (size - 1)]).astype(np.int64))


def pixelate(images: Tensor, share: float) -> Tensor:
    """Shrunk to ⌊share·size⌋ by averaging, and back to size by repeating pixels, in 8 bits (ImageNet-C)."""
    small = [max(1, int(side * share)) for side in images.shape[-2:]]
    shrunk = shrink(to_bytes(images), *small)
    rows, columns = (_nearest(*sides) for sides in zip(images.shape[-2:], small, strict=True))
    return (shrunk[..., rows, :][..., columns] / 255).to(images.dtype)


def jpeg(images: Tensor, quality: int) -> Tensor:
    """Images compressed and read again by Pillow, with its chroma subsampling of 4:2:0; on the CPU."""
    pillow = optional("PIL.Image", "images", "the jpeg operator")
    out = []
    for pixels in to_bytes(images).movedim(1, -1).cpu().numpy():
        file = BytesIO()
        pillow.fromarray(pixels.squeeze()).save(file, "JPEG", quality=quality)
        read = np.asarray(pillow.open(file), dtype=np.float32).reshape(pixels.shape)
        out.append(torch.from_numpy(read).movedim(-1, 0))
    return (torch.stack(out) / 255).to(images)


class Pixelate(Leveled):
    """Large pixels, by ``pixelate``. The level is the share of the size that is left."""

    name, number, lowest, highest = "pixelate", 8, 0.001, 1.0

    def _at(self, images: Tensor, levels: Tensor, draws: Draws) -> Tensor:
        return torch.cat([pixelate(images[i : i + 1], share) for i, share in enumerate(levels.tolist())])


class Jpeg(Leveled):
    """JPEG compression. The level is the quality, 1 to 100; a range draws whole numbers."""

    name, number, lowest, highest = "jpeg", 9, 1.0, 100.0

    def _at(self, images: Tensor, levels: Tensor, draws: Draws) -> Tensor:
        return torch.cat([jpeg(images[i : i + 1], round(level)) for i, level in enumerate(levels.tolist())])
