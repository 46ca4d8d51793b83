from __future__ import annotations

import numpy as np
import pytest
import torch

from assay.base.errors import InputError
from assay.inversion.draws import Draws
from assay.inversion.imagenet_c import ImageNetC

ONE = Draws.of([42])
# Saturation is taken away at severities 1 and 2, and added from 3 on.
NOISES = ["gaussian_noise", "shot_noise", "impulse_noise", "speckle_noise"]
HARMFUL = [*NOISES, "gaussian_blur", "defocus_blur", "brightness", "contrast", "jpeg", "pixelate"]


@pytest.fixture(scope="module")
def bytes_image(goldens):
    return torch.from_numpy(goldens["img_u8_hwc"]).movedim(-1, 0)[None].float() / 255


@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("corruption", ["contrast", "brightness", "saturate"])
def test_colours_are_the_goldens(goldens, bytes_image, corruption, severity):
    corrupted = ImageNetC(corruption, severity)(bytes_image.double(), ONE)[0].movedim(0, -1) * 255
    assert np.abs(corrupted.numpy() - goldens[f"inc_{corruption}_{severity}"]).max() <= 1e-3


@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
def test_pixelation_is_the_golden(goldens, bytes_image, severity):
    corrupted = ImageNetC("pixelate", severity)(bytes_image, ONE)[0].movedim(0, -1) * 255
    assert np.array_equal(corrupted.round().byte(), goldens[f"inc_pixelate_{severity}"])


@pytest.mark.parametrize("corruption", HARMFUL)
def test_severities_do_ever_more_harm(bytes_image, corruption):
    if corruption == "jpeg":
        pytest.importorskip("PIL.Image")
    harm = [(ImageNetC(corruption, s)(bytes_image, ONE) - bytes_image).abs().mean() for s in (1, 3, 5)]
    assert 0 < harm[0] < harm[2]
    assert all(torch.isfinite(each) for each in harm)


def test_shot_noise_counts_photons():
    grey = torch.full((1, 3, 80, 80), 0.5)
    photons = ImageNetC("shot_noise", 3)(grey, ONE) * 12
    assert torch.allclose(photons, photons.round(), atol=1e-4)
    assert photons.mean() == pytest.approx(6, abs=0.1)
    assert photons.var() == pytest.approx(6, rel=0.1)


def test_unknown_corruptions_and_severities_are_refused():
    with pytest.raises(InputError, match="did you mean contrast"):
        ImageNetC("contrasts", 1)
    for severity in (0, 6, 2.5):
        with pytest.raises(InputError, match="severity|level"):
            ImageNetC("contrast", severity)
