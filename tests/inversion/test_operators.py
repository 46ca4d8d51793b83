from __future__ import annotations

import numpy as np
import pytest
import torch

from assay.base.errors import InputError
from assay.inversion.draws import Draws
from assay.inversion.notation import parse_operator
from assay.inversion.operators import Blur, Mask, Noise, RemovePixels, Square, gaussian_taps

ONE = Draws.of([42], seed=1234)


@pytest.mark.parametrize(("taps", "sigma"), [(21, 5), (37, 9), (23, 1), (23, 5), (3, 0.5)])
def test_blur_is_the_golden(goldens, image, taps, sigma):
    weights = gaussian_taps(torch.tensor([sigma], dtype=torch.float64), taps)[0]
    assert np.abs(weights.numpy() - goldens[f"blur_kernel1d_{taps}_{sigma}"]).max() <= 1e-12
    blurred = Blur(sigma, taps)(image, ONE)[0]
    assert np.abs(blurred.numpy() - goldens[f"blur_{taps}_{sigma}"]).max() <= 1e-6


def test_the_papers_blurs_need_no_taps():
    assert (Blur(5).taps, Blur(9).taps) == (21, 37)


def test_mask_is_the_golden(goldens, image):
    kept = Mask(0.9)(torch.ones_like(image), ONE)[0]
    assert np.array_equal(kept, np.broadcast_to(goldens["rng_mask_0.9"], kept.shape))
    assert np.array_equal(
        RemovePixels(torch.from_numpy(goldens["mask_removed_idx"]))(image, ONE)[0], goldens["mask_out"]
    )


def test_mask_counts_are_exact(goldens):
    for name, count in goldens.items():
        if name.startswith("mask_count"):
            size, share = name.split("_")[2:]
            kept = Mask(share)(torch.ones(2, 1, int(size), int(size)), Draws.of([3, 4]))
            assert (kept == 0).sum((1, 2, 3)).tolist() == [count, count], name


def test_counts_are_exact_where_every_image_has_its_own_share():
    images, draws = torch.ones(50, 2, 17, 19), Draws.of(list(range(50)), seed=3)
    mask = Mask("0..1")
    masked = mask(images, draws)
    shares = mask.level.draw(draws.uniform(Mask.number, 1, stream=2)[:, 0])
    assert (masked[:, 0] == 0).sum((1, 2)).tolist() == [int(17 * 19 * share) for share in shares.tolist()]
    assert torch.equal(masked[:, 0], masked[:, 1])


@pytest.mark.parametrize(("share", "left"), [(0, 12), (1, 0)])
def test_mask_of_nothing_and_of_all(share, left):
    assert Mask(share)(torch.ones(1, 1, 3, 4), ONE).sum() == left


def test_noise_is_the_golden_and_is_not_clipped(goldens, image):
    noisy = Noise(0.5)(image, ONE).flatten()[:64]
    expected = image.flatten()[:64].double().numpy() + 0.5 * goldens["rng_gauss_first64"]
    assert np.abs(noisy.double().numpy() - expected).max() <= 1e-6
    assert Noise(0.5)(image, ONE).min() < 0 < 1 < Noise(0.5)(image, ONE).max()


@pytest.mark.parametrize("side", [20, 21])
def test_square_is_the_golden(goldens, side):
    kept = Square(side)(torch.ones(1, 1, 64, 64), ONE)[0, 0]
    assert np.array_equal(kept, goldens[f"square_center_L{side}"])


def test_squares_anywhere_stay_inside_and_move():
    kept = Square(10, anywhere=True)(torch.ones(300, 1, 16, 12), Draws.of(list(range(300))))[:, 0]
    assert ((kept == 0).sum((1, 2)) == 100).all()
    firsts = {tuple((one == 0).nonzero()[0].tolist()) for one in kept}
    assert firsts == {(row, column) for row in range(7) for column in range(3)}


def test_downsampling_keeps_flat_images_and_averages_others(images):
    flat = torch.full((1, 3, 10, 13), 0.3)
    assert torch.allclose(parse_operator("downsample:4")(flat, ONE), flat)
    small = parse_operator("downsample:64")(images, Draws.of(range(6)))
    assert torch.allclose(small, images.mean((2, 3), keepdim=True).expand_as(images), atol=1e-6)


NAMES = [
    "noise:0.1..0.3",
    "mask:0.5..0.95",
    "blur:1..5@23",
    "square:9@anywhere",
    "downsample:2,4",
    "impulse:0.1..0.5",
    "pixelate:0.2..0.9",
    "multi:1",
    "multi:2",
    "multi:3",
    "multi:4",
    "blur:1+noise:0.2+mask:0.5",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_does_not_depend_on_its_batch(images, name):
    operator = parse_operator(name)
    samples = [3, 14, 15, 92, 65, 2**40]
    together = operator(images, Draws.of(samples, seed=5))
    backwards = operator(images.flip(0), Draws.of(samples[::-1], seed=5)).flip(0)
    alone = torch.cat([operator(images[i : i + 1], Draws.of([s], seed=5)) for i, s in enumerate(samples)])
    assert together.shape == images.shape
    assert torch.allclose(together, backwards, atol=1e-6)
    assert torch.allclose(together, alone, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_operators_leave_their_input_and_change_with_the_draw(images, name):
    before = images.clone()
    operator, samples = parse_operator(name), list(range(6))
    first = operator(images, Draws.of(samples, draw=0))
    assert torch.equal(images, before)
    if name != "downsample:2,4":
        assert not torch.equal(first, operator(images, Draws.of(samples, draw=1)))


def test_images_that_are_none_are_refused(images):
    with pytest.raises(InputError, match="uint8"):
        Noise(0.1)((images * 255).byte(), Draws.of(range(6)))
    with pytest.raises(InputError, match="for 5 samples"):
        Noise(0.1)(images, Draws.of(range(5)))
    with pytest.raises(InputError, match="needs images of more than 10 pixels"):
        Blur(5)(torch.ones(1, 3, 1, 1), ONE)
    with pytest.raises(InputError, match="does not fit"):
        Square(50)(images, Draws.of(range(6)))
