"""Forward operators A: what happened to an image before the encoder saw it.

They work on batches (B, C, H, W) of float32 in [0, 1], before normalisation, at the encoder's resolution, and neither
clip nor round unless that is what they are for. All are pure functions of the images, their levels and their
:class:`Draws`, on any device. The definitions are those of Ravula, Smyrnis, Jordan and Dimakis (NeurIPS 2021) as their
released code runs, except where a docstring names another source.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from assay.base.errors import InputError
from assay.inversion.draws import LEVEL, PIXELS, PIXELS_2, Draws
from assay.inversion.levels import Level


class Operator(ABC):
    """Something that happens to each image of a batch."""

    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """The images (B, C, H, W) after the operator; their own random numbers come from ``draws``.

        InputError for images that are not floats of four dimensions, or not as many as ``draws`` has samples.
        """
        if images.ndim != 4 or not images.is_floating_point() or len(images) != len(draws.samples):
            raise InputError(
                f"images of shape {tuple(images.shape)} and {images.dtype} for {len(draws.samples)} samples",
                where=self,
                hint="images are floats (B, C, H, W) in [0, 1], with one sample number each",
            )
        return self._apply(images, draws)

    @abstractmethod
    def _apply(self, images: Tensor, draws: Draws) -> Tensor: ...


class Identity(Operator):
    """Nothing happens: the clean images of a mixture."""

    def _apply(self, images: Tensor, draws: Draws) -> Tensor:
        return images

    def __str__(self) -> str:
        return "clean"


class Leveled(Operator):
    """An operator with a level, which each image draws for itself.

    ``number`` tells its random numbers from those of other operators, and never changes.
    """

    name: str
    number: ClassVar[int]
    lowest: ClassVar[float]
    highest: ClassVar[float]
    whole: ClassVar[bool] = False

    def __init__(self, level: str | float | Level):
        self.level = Level.parse(level)
        self.level.check(self.name, self.lowest, self.highest, self.whole)

    def __str__(self) -> str:
        return f"{self.name}:{self.level}"

    def _apply(self, images: Tensor, draws: Draws) -> Tensor:
        return self._at(images, self.level.draw(draws.uniform(self.number, 1, LEVEL)[:, 0]), draws)

    @abstractmethod
    def _at(self, images: Tensor, levels: Tensor, draws: Draws) -> Tensor:
        """The images at these levels, float64 (B,)."""


class Noise(Leveled):
    """Gaussian noise: x + σz with z standard normal for every pixel and channel, not clipped. The level is σ."""

    name, number, lowest, highest = "noise", 1, 0.0, 10.0

    def _at(self, images: Tensor, levels: Tensor, draws: Draws) -> Tensor:
        noise = draws.normal(self.number, images[0].numel()).view_as(images)
        return noise.mul_(levels.to(noise)[:, None, None, None]).add_(images)


class Mask(Leveled):
    """Random pixel mask: exactly ⌊HWp⌋ pixels, the same for all channels, become 0. The level is p.

    A pixel goes if its random bits are among the smallest.
    """

    name, number, lowest, highest = "mask", 3, 0.0, 1.0

    def _at(self, images: Tensor, levels: Tensor, draws: Draws) -> Tensor:
        height, width = images.shape[-2:]
        bits = draws.bits(self.number, height * width)
        # Flipping the sign bit orders int32 as uint32.
        keep = _above_smallest(bits.bitwise_xor_(-(2**31)), (height * width * levels).long())
        return images * keep.view(-1, 1, height, width)


def _above_smallest(rows: Tensor, counts: Tensor) -> Tensor:
    """Of each row, all but the ``counts`` (B,) smallest, as bool (B, N). The numbers of a row are all different."""
    last = rows.shape[1] - 1
    if rows.device.type == "cpu":  # NumPy selects where torch's CPU code would sort
        pairs = zip(rows.numpy(), counts.clamp(max=last).tolist(), strict=True)
        limits = [np.partition(row, n)[n] for row, n in pairs]
        limit = torch.from_numpy(np.array(limits))[:, None]
    else:
        limit = rows.sort(dim=1).values.gather(1, counts.clamp(max=last)[:, None])
    return (rows >= limit) & (counts <= last)[:, None]


@dataclass(frozen=True)
class RemovePixels(Operator):
    """The same given pixels, flat indices into H x W, become 0 in all images: a mask that somebody else drew."""

    removed: Tensor

    def _apply(self, images: Tensor, draws: Draws) -> Tensor:
        keep = torch.ones(images.shape[-2] * images.shape[-1], dtype=images.dtype, device=images.device)
        keep[self.removed.to(images.device)] = 0
        return images * keep.view(images.shape[-2:])


class Square(Leveled):
    """Square mask: rows and columns [c - ⌊L/2⌋, c + ⌊L/2⌋) become 0, so an odd L removes L - 1. The level is L.

    c is H // 2 or, with ``anywhere``, uniform over ⌊L/2⌋…H - ⌊L/2⌋ for rows and columns. InputError when L exceeds the
    image.
    """

    name, number, lowest, highest, whole = "square", 4, 0.0, 4096.0, True

    def __init__(self, level: str | float | Level, anywhere: bool = False):
        super().__init__(level)
        self.anywhere = anywhere

    def __str__(self) -> str:
        return super().__str__() + ("@anywhere" if self.anywhere else "")

    def _at(self, images: Tensor, levels: Tensor, draws: Draws) -> Tensor:
        if levels.max() > min(images.shape[-2:]):
            raise InputError(f"a square of {int(levels.max())} pixels does not fit into {tuple(images.shape[-2:])}")
        half = (levels // 2)[:, None]
        where = draws.uniform(self.number, 2).double()
        inside = []
        for side, size in enumerate(images.shape[-2:]):
            centre = torch.full_like(half, size // 2)
            if self.anywhere:
                centre = half + (where[:, side, None] * (size - 2 * half + 1)).floor()
            at = torch.arange(size, device=images.device)
            inside.append((at >= centre - half) & (at < centre + half))
        rows, columns = inside
        return images * ~(rows[:, None, :, None] & columns[:, None, None, :])


def gaussian_taps(sigmas: Tensor, taps: int) -> Tensor:
    """float64 (B, ``taps``): weights ∝ exp(-½(t/σ)²) at t = -(k-1)/2…(k-1)/2 that sum to 1."""
    t = torch.arange(taps, dtype=torch.float64, device=sigmas.device) - (taps - 1) / 2
    return torch.softmax(-0.5 * (t / sigmas[:, None]).square(), dim=1)


def separable(images: Tensor, weights: Tensor, padding: str) -> Tensor:
    """Each image filtered along rows and columns with its own weights (B, k), k odd; ``padding`` as torch names it."""
    batch, channels, height, width = images.shape
    taps = weights.shape[1]
    reach = taps // 2
    if padding == "reflect" and reach >= min(height, width):
        raise InputError(
            f"a blur of {taps} taps needs images of more than {reach} pixels, not {height} x {width}",
            hint="give a smaller level, fewer taps, or larger images",
        )
    padded = functional.pad(images, (reach,) * 4, mode=padding).view(
        1, batch * channels, height + 2 * reach, width + 2 * reach
    )
    bank = weights.to(images).repeat_interleave(channels, 0)
    down = functional.conv2d(padded, bank[:, None, :, None], groups=batch * channels)
    return functional.conv2d(down, bank[:, None, None, :], groups=batch * channels).view_as(images)


class Blur(Leveled):
    """Gaussian blur with reflect padding that does not repeat the edge. The level is σ.

    The kernel has ``taps`` taps, or 2⌈2σ⌉ + 1 for the largest σ: 21 for σ = 5 and 37 for σ = 9, as in the paper.
    """

    name, number, lowest, highest = "blur", 2, 0.01, 100.0

    def __init__(self, level: str | float | Level, taps: int | None = None):
        super().__init__(level)
        self.taps = taps or 2 * math.ceil(2 * max(self.level.values)) + 1
        if self.taps % 2 == 0 or self.taps < 1:
            raise InputError(f"a blur of {self.taps} taps has no middle", hint="give an odd number of taps")

    def __str__(self) -> str:
        return f"{super().__str__()}@{self.taps}"

    def _at(self, images: Tensor, levels: Tensor, draws: Draws) -> Tensor:
        return separable(images, gaussian_taps(levels, self.taps), "reflect")


class Downsample(Leveled):
    """Super-resolution's forward operator: area-averaged to 1/s of the size, and bilinearly back. The level is s."""

    name, number, lowest, highest, whole = "downsample", 5, 1.0, 64.0, True

    def _at(self, images: Tensor, levels: Tensor, draws: Draws) -> Tensor:
        size = images.shape[-2:]
        out = torch.empty_like(images)
        for factor in levels.unique().tolist():
            few = levels == factor
            small = [max(1, round(side / factor)) for side in size]
            shrunk = functional.interpolate(images[few], small, mode="area")
            out[few] = functional.interpolate(shrunk, size, mode="bilinear", align_corners=False)
        return out


class Impulse(Leveled):
    """Salt and pepper: a share of all values, each channel for itself, becomes 0 or 1 with equal chances."""

    name, number, lowest, highest = "impulse", 6, 0.0, 1.0

    def _at(self, images: Tensor, levels: Tensor, draws: Draws) -> Tensor:
        count = images[0].numel()
        hit = draws.uniform(self.number, count, PIXELS) < levels[:, None]
        salt = draws.uniform(self.number, count, PIXELS_2).ge(0.5).to(images.dtype)
        return torch.where(hit.view_as(images), salt.view_as(images), images)
