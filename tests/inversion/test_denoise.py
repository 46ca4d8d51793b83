from __future__ import annotations

import pytest
import torch

from assay.inversion.denoise import Denoise, noise_level, non_local_means
from assay.inversion.draws import Draws
from assay.inversion.operators import Noise


@pytest.fixture
def flat():
    """Two images of four flat quarters."""
    return (
        torch.rand(2, 3, 2, 2, generator=torch.Generator().manual_seed(0))
        .repeat_interleave(32, 2)
        .repeat_interleave(32, 3)
    )


@pytest.mark.parametrize("sigma", [0.05, 0.1, 0.3])
def test_the_noise_level_is_found(flat, sigma):
    noisy = Noise(sigma)(flat, Draws.of([0, 1]))
    assert noise_level(noisy) == pytest.approx(torch.full((2,), sigma), rel=0.12)


def test_noise_is_removed_and_flat_images_stay(flat):
    noisy = Noise(0.1)(flat, Draws.of([0, 1]))
    denoised = Denoise(Noise(0.1))(flat, Draws.of([0, 1]))
    assert torch.equal(denoised, non_local_means(noisy))
    assert (denoised - flat).square().mean() < 0.2 * (noisy - flat).square().mean()
    assert torch.allclose(non_local_means(flat[:, :, :32, :32]), flat[:, :, :32, :32], atol=1e-5)


def test_small_images_have_small_windows():
    assert non_local_means(torch.rand(1, 1, 5, 6)).shape == (1, 1, 5, 6)


def test_weights_are_those_of_the_definition():
    """A pixel in the middle, by hand."""
    image = torch.rand(1, 1, 40, 40, generator=torch.Generator().manual_seed(1)) * 0.1
    sigma = float(noise_level(image)[0])
    total = weights = 0.0
    own = image[0, 0, 17:24, 17:24]
    for top in range(-11, 12):
        for left in range(-11, 12):
            other = image[0, 0, 17 + top : 24 + top, 17 + left : 24 + left]
            exponent = max(0.0, float((own - other).square().mean()) - 2 * sigma**2) / 0.01
            weight = float(torch.exp(torch.tensor(-exponent))) if exponent <= 5 else 0.0
            total += weight * float(other[3, 3])
            weights += weight
    assert float(non_local_means(image)[0, 0, 20, 20]) == pytest.approx(total / weights, abs=1e-5)
