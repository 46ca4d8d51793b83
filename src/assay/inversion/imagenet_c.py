"""Corruptions of ImageNet-C at severities 1 to 5 (Hendrycks and Dietterich, ICLR 2019).

Parameters are those of ``catalog/corruptions.yaml``. Results are clipped to [0, 1] and, except for ``jpeg`` and
``pixelate``, not rounded to 8 bits: round them where files are to be written. Of the 19 corruptions these are missing:
glass, motion and zoom blur, fog, frost, snow, spatter and elastic.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from assay.base.errors import unknown_name
from assay.base.settings import read_yaml
from assay.catalog import catalog_path
from assay.inversion.color import hsv_to_rgb, rgb_to_hsv
from assay.inversion.draws import Draws
from assay.inversion.eight_bit import jpeg, pixelate
from assay.inversion.levels import Level
from assay.inversion.operators import Impulse, Leveled, Noise, gaussian_taps, separable

_SHOT = 10
# The reference's Gaussian filter (SciPy's) ends at 4 σ.
_TRUNCATE = 4


class ImageNetC(Leveled):
    """One corruption of ImageNet-C. The level is the severity, 1 to 5."""

    number, lowest, highest, whole = 11, 1.0, 5.0, True

    def __init__(self, corruption: str, level: str | float | Level):
        if corruption not in _CORRUPTIONS:
            raise unknown_name("corruption", corruption, _CORRUPTIONS)
        self.name = f"imagenet-c/{corruption}"
        super().__init__(level)
        self._corrupt = _CORRUPTIONS[corruption]
        self._parameters = read_yaml(catalog_path("corruptions.yaml"))[corruption]

    def _at(self, images: Tensor, levels: Tensor, draws: Draws) -> Tensor:
        out = torch.empty_like(images)
        for severity in levels.unique().tolist():
            few = levels == severity
            inside = Draws(draws.seed, draws.samples[few], draws.draw, draws.place)
            out[few] = self._corrupt(images[few], self._parameters[int(severity) - 1], inside)
        return out.clamp_(0, 1)


def _gaussian_noise(images: Tensor, parameters: list[float], draws: Draws) -> Tensor:
    return Noise(parameters[0])(images, draws)


def _impulse_noise(images: Tensor, parameters: list[float], draws: Draws) -> Tensor:
    return Impulse(parameters[0])(images, draws)


def _speckle_noise(images: Tensor, parameters: list[float], draws: Draws) -> Tensor:
    return images + images * (Noise(parameters[0])(images, draws) - images)


def _shot_noise(images: Tensor, parameters: list[float], draws: Draws) -> Tensor:
    """Poisson counts by inversion: how many terms of the distribution a uniform number exceeds."""
    mean = images.double() * parameters[0]
    uniform = draws.uniform(_SHOT, images[0].numel()).view_as(images).double()
    term = torch.exp(-mean)
    total, photons = term.clone(), torch.zeros_like(mean)
    while (more := uniform >= total).any():
        photons += more
        term = term * mean / photons.max()
        total += term
        if photons.max() > 10 * parameters[0] + 100:  # the terms have become too small to add up to 1
            break
    return (photons / parameters[0]).to(images.dtype)


def _gaussian_blur(images: Tensor, parameters: list[float], draws: Draws) -> Tensor:
    sigmas = torch.full((len(images),), float(parameters[0]), dtype=torch.float64, device=images.device)
    return separable(images, gaussian_taps(sigmas, 2 * int(_TRUNCATE * parameters[0] + 0.5) + 1), "replicate")


def _defocus_blur(images: Tensor, parameters: list[float], draws: Draws) -> Tensor:
    """A disk whose edge a small Gaussian smooths; the edge of the image is mirrored without repeating it."""
    radius, sigma = int(parameters[0]), parameters[1]
    reach = max(8, radius)
    t = torch.arange(-reach, reach + 1, dtype=torch.float64)
    disk = (t.square()[:, None] + t.square() <= radius**2).double()
    disk = (disk / disk.sum())[None, None]
    disk = separable(
        disk, gaussian_taps(torch.tensor([sigma], dtype=torch.float64), 3 if radius <= 8 else 5), "reflect"
    )
    channels = images.shape[1]
    padded = functional.pad(images, (reach,) * 4, mode="reflect")
    return functional.conv2d(padded, disk.to(images).expand(channels, 1, -1, -1), groups=channels)


def _brightness(images: Tensor, parameters: list[float], draws: Draws) -> Tensor:
    hsv = rgb_to_hsv(images)
    return hsv_to_rgb(torch.cat((hsv[:, :2], (hsv[:, 2:] + parameters[0]).clamp(0, 1)), 1))


def _saturate(images: Tensor, parameters: list[float], draws: Draws) -> Tensor:
    hue, saturation, value = rgb_to_hsv(images).split(1, 1)
    return hsv_to_rgb(torch.cat((hue, (saturation * parameters[0] + parameters[1]).clamp(0, 1), value), 1))


def _contrast(images: Tensor, parameters: list[float], draws: Draws) -> Tensor:
    mean = images.mean((2, 3), keepdim=True)
    return (images - mean) * parameters[0] + mean


def _jpeg(images: Tensor, parameters: list[float], draws: Draws) -> Tensor:
    return jpeg(images, int(parameters[0]))


def _pixelate(images: Tensor, parameters: list[float], draws: Draws) -> Tensor:
    return pixelate(images, parameters[0])


_CORRUPTIONS: dict[str, Callable[[Tensor, list[float], Draws], Tensor]] = {
    "gaussian_noise": _gaussian_noise,
    "shot_noise": _shot_noise,
    "impulse_noise": _impulse_noise,
    "speckle_noise": _speckle_noise,
    "gaussian_blur": _gaussian_blur,
    "defocus_blur": _defocus_blur,
    "brightness": _brightness,
    "saturate": _saturate,
    "contrast": _contrast,
    "jpeg": _jpeg,
    "pixelate": _pixelate,
}
