"""Faces blurred, as img2dataset does when it downloads DataComp's images (its BoundingBoxBlurrer)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.ndimage import correlate1d

_GROW = 0.1
"""Of the longer side of a box, on each of its sides; and how many of it make the standard deviation of the blur."""


def blur_faces(image: np.ndarray, boxes: Sequence[Sequence[float]]) -> np.ndarray:
    """uint8 (height, width, 3): the image with every box blurred, its edges softened.

    Boxes are [left, top, right, bottom] as shares of the sides. The image itself is returned when there are none.
    """
    places = [_pixels(box, image.shape) for box in boxes]
    longest = max((max(right - left, bottom - top) for left, top, right, bottom in places), default=0)
    if longest <= 0:
        return image
    mask = np.zeros((*image.shape[:2], 1), np.float32)
    for place in places:
        left, top, right, bottom = _grown(place, image.shape)
        mask[top:bottom, left:right] = 1
    pixels = image.astype(np.float32) / 255
    kernel = _gaussian(_GROW * longest)
    mask = _blurred(mask, kernel)
    mixed = pixels * (1 - mask) + _blurred(pixels, kernel) * mask
    return (mixed * 255).clip(0, 255).astype(np.uint8)


def _pixels(box: Sequence[float], shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    height, width = shape[:2]
    left, top, right, bottom = (min(max(float(side), 0.0), 1.0) if math.isfinite(side) else 0.0 for side in box)
    return int(left * width), int(top * height), int(right * width), int(bottom * height)


def _grown(place: tuple[int, int, int, int], shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    left, top, right, bottom = place
    margin = _GROW * max(right - left, bottom - top)
    last_row, last_column = shape[0] - 1, shape[1] - 1
    return (
        min(max(int(left - margin), 0), last_column),
        min(max(int(top - margin), 0), last_row),
        min(max(int(right + margin), 0), last_column),
        min(max(int(bottom + margin), 0), last_row),
    )


def _gaussian(deviation: float) -> np.ndarray:
    """float32 weights over 4 deviations to each side."""
    reach = math.ceil(4 * deviation)
    weights = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * deviation**2))
    return (weights / weights.sum()).astype(np.float32)


def _blurred(pixels: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Both ways; beyond its border an image is mirrored at the last pixel (OpenCV's BORDER_REFLECT_101)."""
    return correlate1d(correlate1d(pixels, kernel, axis=0, mode="mirror"), kernel, axis=1, mode="mirror")
