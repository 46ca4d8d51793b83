from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from assay.inversion.draws import Draws
from assay.inversion.eight_bit import Jpeg, Pixelate, pixelate, to_bytes

PIL = pytest.importorskip("PIL.Image")


@given(st.integers(1, 70), st.integers(1, 70), st.floats(0.02, 1), st.integers(0, 2**32 - 1))
def test_pixelation_is_pillows_within_a_rounding(height, width, share, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    small = max(1, int(width * share)), max(1, int(height * share))
    expected = np.asarray(PIL.fromarray(pixels).resize(small, PIL.BOX).resize((width, height), PIL.NEAREST))
    found = pixelate(torch.from_numpy(pixels).movedim(-1, 0)[None].float() / 255, share)[0].movedim(0, -1) * 255
    assert np.abs(found.round().numpy() - expected).max() <= 1


def test_bytes_are_rounded_and_clipped():
    assert to_bytes(torch.tensor([-1.0, 0.0, 0.5, 1.0, 2.0])).tolist() == [0, 0, 128, 255, 255]


def test_each_image_has_its_own_level(images):
    draws = Draws.of(range(6))
    levels = Jpeg("1,100").level.draw(draws.uniform(Jpeg.number, 1, stream=2)[:, 0])
    assert len(levels.unique()) == 2
    for level in (1, 100):
        assert torch.equal(Jpeg("1,100")(images, draws)[levels == level], Jpeg(level)(images, draws)[levels == level])
    assert Jpeg(50)(images[:, :1], draws).shape == (6, 1, 40, 36)
    assert torch.allclose(Pixelate(1.0)(images, draws), images, atol=0.5 / 255 + 1e-6)
