"""The model against open_clip: features, loss, gradients, names, counts and initial weights."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from torch.nn import functional

from assay.models.clip import Clip, empty_clip, new_clip, trimmed
from assay.models.clip_loading import load_clip
from assay.models.clip_shape import ClipShape, ImageShape, open_clip_config, open_clip_shape
from assay.models.open_clip import to_open_clip
from models.clips import SHAPE, random_clip, random_pairs


@pytest.fixture
def tiny(shared_data):
    shape = open_clip_shape(json.loads((shared_data / "clip_tiny_config.json").read_bytes())["tiny_gelu"])
    return load_clip(shared_data / "clip_tiny_gelu.safetensors", shape)


@pytest.fixture
def golden(shared_data):
    return np.load(shared_data / "clip_tiny_gelu_golden.npz")


@pytest.fixture
def inventory(shared_data):
    return json.loads((shared_data / "clip_state_dict_inventory.json").read_bytes())


def close(ours, theirs, atol=1e-5):
    torch.testing.assert_close(ours, torch.from_numpy(np.asarray(theirs)), atol=atol, rtol=0)


def test_features_loss_and_gradients_are_open_clips(tiny, golden):
    images, texts, scale = tiny(torch.from_numpy(golden["image"]), torch.from_numpy(golden["text"]))
    close(images.detach(), golden["image_features"])
    close(texts.detach(), golden["text_features"])
    logits = scale * images @ texts.T
    close(logits.detach(), golden["logits_per_image"], 2e-5)
    close(scale.detach(), golden["logit_scale_exp"])
    labels = torch.arange(len(logits))
    loss = (functional.cross_entropy(logits, labels) + functional.cross_entropy(logits.T, labels)) / 2
    close(loss.detach(), golden["loss"])
    loss.backward()
    gradients = to_open_clip({name: weight.grad for name, weight in tiny.named_parameters()}, tiny.shape)
    for name, gradient in gradients.items():
        close(gradient, golden[f"grad/{name}"])


def test_what_stands_behind_the_last_text_has_no_part(tiny, golden):
    tokens = torch.from_numpy(golden["text"])
    cut = trimmed(tokens)
    assert cut.shape[1] <= tokens.shape[1]
    torch.testing.assert_close(tiny.encode_text(cut), tiny.encode_text(tokens))
    assert trimmed(torch.tensor([[5, 9, 0, 0], [9, 0, 0, 0]])).tolist() == [[5, 9], [9, 0]]


@pytest.mark.parametrize("name", ["ViT-B-32", "ViT-B-16", "ViT-L-14", "ViT-B-32-quickgelu"])
def test_names_shapes_and_counts_are_open_clips(inventory, name):
    entry = inventory[name]
    shape = open_clip_shape(entry["config"])
    with torch.device("meta"):
        weights = to_open_clip(Clip(shape).state_dict(), shape)
    assert [[key, list(weight.shape)] for key, weight in weights.items()] == entry["state_dict"]
    assert list(weights) == entry["parameter_order"]
    assert shape.parameters == sum(weight.numel() for weight in weights.values()) == entry["counts"]["total"]
    assert shape.image_parameters == entry["counts"]["visual"]
    assert shape.text_parameters == entry["counts"]["text_and_logit_scale"]
    assert open_clip_shape(open_clip_config(shape)) == shape
    assert shape.quick_gelu == ("quickgelu" in name)


def test_initial_weights_are_distributed_as_open_clips(shared_data, inventory):
    """Means and deviations of every tensor, within what two draws of that many numbers differ by."""
    shape = open_clip_shape(inventory["ViT-B-32"]["config"])
    weights = to_open_clip(new_clip(shape, 0).state_dict(), shape)
    theirs = json.loads((shared_data / "clip_vitb32_init_stats.json").read_bytes())
    assert set(theirs) == set(weights)
    for name, (mean, deviation, _) in theirs.items():
        ours, count = weights[name], weights[name].numel()
        error = 5 * deviation * (2 / count) ** 0.5
        assert ours.mean().item() == pytest.approx(mean, abs=error + 1e-7), name
        assert ours.std(correction=0).item() == pytest.approx(deviation, abs=error + 1e-7), name


def test_a_seed_gives_the_same_weights_and_leaves_torchs_own_state():
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    first, second, other = (new_clip(SHAPE, seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["visual.proj"], other["visual.proj"])
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(weight.isfinite().all() for weight in first.values())


def test_quick_gelu_is_another_network():
    model = random_clip()
    quick = empty_clip(SHAPE.model_copy(update={"quick_gelu": True}))
    quick.load_state_dict(model.state_dict())
    images, tokens = random_pairs(3)
    for ours, theirs in zip(model(images, tokens)[:2], quick(images, tokens)[:2], strict=True):
        assert 1e-4 < (ours - theirs).abs().max() < 0.5


def test_the_logit_scale_is_kept_between_1_and_100():
    model = random_clip()
    for value, kept in ((9.0, 100.0), (-1.0, 1.0), (2.0, 7.389056)):
        model.logit_scale.data.fill_(value)
        model.clamp_logit_scale()
        assert model.logit_scale.exp().item() == pytest.approx(kept, rel=1e-5)


def test_a_shape_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="patches of 7"):
        ImageShape(width=64, layers=1, image_size=32, patch_size=7)
    with pytest.raises(ValueError, match="does not split into 3 heads"):
        ClipShape.model_validate(
            {
                "embed_dim": 8,
                "image": {"width": 32, "layers": 1, "heads": 3, "image_size": 8, "patch_size": 8},
                "text": {"width": 8, "layers": 1},
            }
        )
