from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from assay.models.language import LanguageModel, new_language_model
from assay.models.scales import LanguageShape
from assay.training.loss import language_loss

SMALL = LanguageShape(width=64, layers=2, heads=4, vocab_size=97)


@pytest.fixture(scope="module")
def reference(shared_data):
    """Weights, tokens and results of open_lm's own model."""
    with np.load(shared_data / "open_lm_parity.npz", allow_pickle=False) as values:
        return {name.removeprefix("small/"): torch.from_numpy(values[name]) for name in values.files}


@pytest.fixture(scope="module")
def model(reference):
    width, layers, heads, vocabulary, _ = reference["config"].tolist()
    model = LanguageModel(LanguageShape(width=width, layers=layers, heads=heads, vocab_size=vocabulary))
    weights = {name.removeprefix("param/"): value for name, value in reference.items() if name.startswith("param/")}
    model.load_state_dict({name: value for name, value in weights.items() if not name.endswith("inv_freq")})
    return model


def test_logits_are_those_of_open_lm(model, reference):
    with torch.no_grad():
        logits = model(reference["tokens"])
    assert logits.dtype == torch.float32
    torch.testing.assert_close(logits, reference["logits"], atol=1e-4, rtol=0)


def test_losses_are_those_of_open_lm(model, reference):
    inputs, targets = reference["tokens"][:, :-1], reference["tokens"][:, 1:]
    with torch.no_grad():
        hidden = model.hidden(inputs)
        plain = language_loss(hidden, model.output.weight, targets, 0.0)
        with_z = language_loss(hidden, model.output.weight, targets, 1e-4)
    assert plain.item() == pytest.approx(reference["cross_entropy"].item(), abs=1e-5)
    assert (with_z - plain).item() == pytest.approx(reference["z_loss_1e-4"].item(), abs=2e-6)


@pytest.mark.parametrize("form", ["open_lm", "llama"])
def test_no_position_sees_a_later_one(form):
    model = new_language_model(SMALL.model_copy(update={"form": form}), 0)
    tokens = torch.arange(24).reshape(2, 12)
    changed = tokens.clone()
    changed[:, 7:] += 1
    with torch.no_grad():
        before, after = model(tokens), model(changed)
    torch.testing.assert_close(before[:, :7], after[:, :7])
    assert not torch.allclose(before[:, 7:], after[:, 7:])


@pytest.mark.parametrize(
    ("name", "deviation"),
    [
        ("tok_embeddings.weight", 1 / math.sqrt(192)),
        ("output.weight", 1 / math.sqrt(192)),
        ("layers.0.attention.in_proj.weight", 1 / math.sqrt(192)),
        ("layers.0.attention.out_proj.weight", 1 / math.sqrt(192) / math.sqrt(2)),
        ("layers.2.attention.out_proj.weight", 1 / math.sqrt(192) / math.sqrt(6)),
        ("layers.2.feed_forward.w12.weight", 1 / math.sqrt(192)),
        ("layers.0.feed_forward.w3.weight", 1 / math.sqrt(512) / math.sqrt(2)),
        ("layers.2.feed_forward.w3.weight", 1 / math.sqrt(512) / math.sqrt(6)),
    ],
)
def test_initial_weights_are_cut_normals(name, deviation):
    model = new_language_model(LanguageShape(width=192, layers=3, heads=3, vocab_size=200), 0)
    weight = model.get_parameter(name)
    assert 2.9 * deviation < weight.abs().max() <= 3 * deviation
    assert weight.std().item() == pytest.approx(0.98658 * deviation, rel=0.02)  # of a normal cut at 3 sigma
    assert abs(weight.mean().item()) < 0.02 * deviation


def test_gains_start_at_one_and_the_seed_decides_the_rest():
    one, same, other = (new_language_model(SMALL, seed) for seed in (1, 1, 2))
    for name, weight in one.named_parameters():
        assert torch.equal(weight, same.get_parameter(name))
        if "norm" in name:
            assert torch.equal(weight, torch.ones_like(weight))
        else:
            assert not torch.equal(weight, other.get_parameter(name))


def test_making_a_model_leaves_the_global_random_state_alone():
    before = torch.get_rng_state()
    new_language_model(SMALL, 3)
    assert torch.equal(before, torch.get_rng_state())
