from __future__ import annotations

import pytest
import torch

from assay.models.norms import EPSILON, GainNorm, RMSNorm


@pytest.fixture
def x():
    return 3 + torch.randn(4, 8, generator=torch.Generator().manual_seed(0))


def scaled(norm):
    with torch.no_grad():
        norm.weight.copy_(torch.linspace(0.5, 2, 8))
    return norm


def test_layer_norm_centres(x):
    centred = x - x.mean(-1, keepdim=True)
    wanted = centred / (centred.square().mean(-1, keepdim=True) + EPSILON).sqrt() * torch.linspace(0.5, 2, 8)
    torch.testing.assert_close(scaled(GainNorm(8))(x), wanted)


def test_rms_norm_does_not(x):
    wanted = x / (x.square().mean(-1, keepdim=True) + EPSILON).sqrt() * torch.linspace(0.5, 2, 8)
    torch.testing.assert_close(scaled(RMSNorm(8))(x), wanted)


@pytest.mark.parametrize("kind", [GainNorm, RMSNorm])
def test_norms_are_computed_in_the_autocast_type(kind, x):
    norm = kind(8)
    assert norm(x).dtype == torch.float32
    with torch.autocast("cpu", torch.bfloat16):
        assert norm(x).dtype == torch.bfloat16
