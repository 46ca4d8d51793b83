"""Image → array, as open_clip's transforms do for training and evaluation; resizing is Pillow's.

RGB comes after resizing, as there: an image with a palette is resized by its nearest pixels. An image that is to be
trained on is RGB already when it is cropped.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

MEAN = np.array((0.48145466, 0.4578275, 0.40821073), np.float32)
STD = np.array((0.26862954, 0.26130258, 0.27577711), np.float32)
"""OpenAI CLIP's: open_clip's constants.py."""
SCALE = (0.9, 1.0)
"""Share of the area that a random crop keeps: DataComp trains with open_clip's default."""
_RATIO = (3 / 4, 4 / 3)
_TRIES = 10  # torchvision's RandomResizedCrop
_BICUBIC = 3  # PIL.Image.Resampling.BICUBIC


class Draws(Protocol):
    """Where random numbers come from: a NumPy Generator."""

    def uniform(self, low: float, high: float) -> float:
        """From ``low`` up to ``high``."""
        ...

    def integers(self, low: int, high: int) -> int:
        """A whole number from ``low`` up to, not including, ``high``."""
        ...


class Crop(NamedTuple):
    """A box of whole pixels."""

    top: int
    left: int
    height: int
    width: int


def random_crop(width: int, height: int, draws: Draws, scale: tuple[float, float] = SCALE) -> Crop:
    """A box of a random area and aspect ratio, drawn as torchvision's RandomResizedCrop draws it."""
    low, high = math.log(_RATIO[0]), math.log(_RATIO[1])
    for _ in range(_TRIES):
        area = width * height * draws.uniform(*scale)
        ratio = math.exp(draws.uniform(low, high))
        w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < w <= width and 0 < h <= height:
            top = int(draws.integers(0, height - h + 1))
            left = int(draws.integers(0, width - w + 1))
            return Crop(top, left, h, w)
    return _central(width, height)


def _central(width: int, height: int) -> Crop:
    """The largest box in the middle whose ratio is allowed."""
    ratio = width / height
    w = round(height * _RATIO[1]) if ratio > _RATIO[1] else width
    h = round(width / _RATIO[0]) if ratio < _RATIO[0] else height
    return Crop((height - h) // 2, (width - w) // 2, h, w)


def train_pixels(image: Image.Image, size: int, crop: Crop) -> np.ndarray:
    """uint8 (size, size, 3): the box, resized."""
    box = (crop.left, crop.top, crop.left + crop.width, crop.top + crop.height)
    return pixels_of(image.crop(box).resize((size, size), _BICUBIC))


def train_array(image: Image.Image, size: int, crop: Crop) -> np.ndarray:
    """float32 (3, size, size): the same, normalised."""
    return normalized(train_pixels(image, size, crop))


def eval_array(image: Image.Image, size: int) -> np.ndarray:
    """float32 (3, size, size): the shorter side resized, the middle taken, normalised."""
    return normalized(pixels_of(centered(image, size)))


def centered(image: Image.Image, size: int) -> Image.Image:
    """The middle of the image when its shorter side has ``size`` pixels (torchvision's Resize and CenterCrop)."""
    width, height = image.size
    if width <= height:
        width, height = size, int(size * height / width)
    else:
        width, height = int(size * width / height), size
    resized = image.resize((width, height), _BICUBIC) if (width, height) != image.size else image
    left, top = round((width - size) / 2), round((height - size) / 2)
    return resized.crop((left, top, left + size, top + size))


def pixels_of(image: Image.Image) -> np.ndarray:
    """uint8 (height, width, 3)."""
    return np.asarray(image.convert("RGB"))


def normalized(pixels: np.ndarray) -> np.ndarray:
    """float32 (…, 3, height, width) of uint8 (…, height, width, 3)."""
    scaled = (pixels.astype(np.float32) / 255 - MEAN) / STD
    return np.ascontiguousarray(np.moveaxis(scaled, -1, -3))
