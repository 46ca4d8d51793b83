from __future__ import annotations

import colorsys

import torch
from hypothesis import given
from hypothesis import strategies as st

from assay.inversion.color import ColorJitter, grey, hsv_to_rgb, rgb_to_hsv
from assay.inversion.draws import Draws

colours = st.tuples(*[st.integers(0, 8).map(lambda n: n / 8)] * 3)


def pixel(colour):
    return torch.tensor(colour, dtype=torch.float64).view(1, 3, 1, 1)


@given(colours)
def test_hsv_is_that_of_the_standard_library(colour):
    hue, saturation, value = colorsys.rgb_to_hsv(*colour)
    found = rgb_to_hsv(pixel(colour))
    assert abs((found[0, 0, 0, 0] - hue + 0.5) % 1 - 0.5) < 1e-12
    assert torch.allclose(found[0, 1:].flatten(), pixel((0, saturation, value))[0, 1:].flatten())
    assert torch.allclose(hsv_to_rgb(found), pixel(colour), atol=1e-12)


def test_jitter_of_nothing_changes_nothing(images):
    draws = Draws.of(range(6))
    assert torch.allclose(ColorJitter(0, 0, 0, 0)(images, draws), images, atol=1e-5)
    jittered = ColorJitter(0.4, 0.4, 0.2, 0.1)(images, draws)
    assert jittered.min() >= 0
    assert jittered.max() <= 1
    assert not torch.allclose(jittered, images, atol=0.01)


def test_brightness_stays_within_its_range():
    flat = torch.full((200, 3, 2, 2), 0.5)
    brightness = grey(ColorJitter(0.4, 0, 0, 0)(flat, Draws.of(range(200)))).amax((1, 2, 3)) / grey(flat[:1]).max()
    assert 0.6 <= brightness.min() < 0.65
    assert 1.35 < brightness.max() <= 1.4001
