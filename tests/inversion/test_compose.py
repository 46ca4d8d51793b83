from __future__ import annotations

import pytest
import torch

from assay.base.errors import InputError
from assay.inversion.compose import Compose, Maybe, OneOf, Shared, with_clean
from assay.inversion.draws import Draws
from assay.inversion.operators import Identity, Mask, Noise

MANY = Draws.of(list(range(4000)), seed=2)


@pytest.fixture
def ones():
    return torch.ones(4000, 1, 2, 2)


def shares(images):
    """How many images have 1, 2 and 3 masked pixels."""
    masked = (images == 0).sum((1, 2, 3))
    return [float((masked == count).float().mean()) for count in (1, 2, 3)]


def test_every_image_makes_its_own_choice(ones):
    assert shares(OneOf([(0.5, Mask(0.25)), (0.2, Mask(0.5)), (0.1, Mask(0.75))])(ones, MANY)) == pytest.approx(
        [0.5, 0.2, 0.1], abs=0.03
    )
    assert shares(Maybe(0.3, Mask(0.5))(ones, MANY)) == pytest.approx([0, 0.3, 0], abs=0.03)
    assert shares(with_clean(Mask(0.5))(ones, MANY)) == pytest.approx([0, 0.75, 0], abs=0.03)


def test_choices_of_a_composition_are_independent(ones):
    images = Compose([Maybe(0.5, Mask(0.25)), Maybe(0.5, Noise(10.0))])(ones, MANY)
    masked, noisy = (images == 0).any(3).any(2)[:, 0], (images != images.round()).any(3).any(2)[:, 0]
    # Noise falls on the masked pixel as well: only images without noise show their mask.
    assert float(noisy.float().mean()) == pytest.approx(0.5, abs=0.03)
    assert float(masked[~noisy].float().mean()) == pytest.approx(0.5, abs=0.05)


def test_two_equal_operators_in_a_row_draw_differently():
    once = Noise(1.0)(torch.zeros(1, 1, 100, 100), Draws.of([1]))
    twice = Compose([Noise(1.0), Noise(1.0)])(torch.zeros(1, 1, 100, 100), Draws.of([1]))
    assert float(once.std()) == pytest.approx(1, abs=0.05)
    assert float(twice.std()) == pytest.approx(2**0.5, abs=0.05)


def test_a_shared_draw_is_the_same_for_all_images_and_passes():
    shared = Shared(Mask(0.5))
    images = shared(torch.ones(3, 1, 8, 8), Draws.of([5, 6, 7], seed=1))
    assert torch.equal(images[0], images[1])
    assert torch.equal(images, shared(torch.ones(3, 1, 8, 8), Draws.of([1, 2, 3], seed=1, draw=9)))


def test_probabilities_must_be_shares():
    for chances in ([0.6, 0.5], [-0.1]):
        with pytest.raises(InputError, match="shares of one whole"):
            OneOf([(chance, Identity()) for chance in chances])
