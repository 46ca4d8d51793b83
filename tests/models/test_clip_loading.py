"""Checkpoints of open_clip and of transformers, read and written."""

from __future__ import annotations

import pytest
import torch
from transformers import CLIPConfig, CLIPModel

from assay.base.errors import InputError
from assay.models.clip_hf import hf_clip_config, hf_clip_shape
from assay.models.clip_loading import load_clip, save_hf_clip, save_open_clip
from assay.models.clip_shape import ClipShape, ImageShape, TextShape
from assay.models.open_clip import to_open_clip
from models.clips import SHAPE, random_clip, random_pairs

WIDE = ClipShape(
    embed_dim=16,
    image=ImageShape(width=128, layers=1, image_size=24, patch_size=8),
    text=TextShape(width=64, layers=2, context=12, vocab_size=50),
)
"""With heads of 64 channels, as published models have."""


def same(first, second):
    first, second = first.state_dict(), second.state_dict()
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("save", [save_open_clip, save_hf_clip])
def test_folders_are_read_as_they_were_written(tmp_path, save, quick):
    model = random_clip(SHAPE.model_copy(update={"quick_gelu": quick}))
    save(tmp_path, model)
    loaded = load_clip(tmp_path)
    assert loaded.shape == model.shape
    same(loaded, model)


def test_a_checkpoint_of_open_clip_tells_its_shape(tmp_path):
    """As training leaves it: below ``state_dict``, named by DistributedDataParallel, in half precision or not."""
    model = random_clip(WIDE)
    state = {f"module.{name}": weight for name, weight in to_open_clip(model.state_dict(), WIDE).items()}
    torch.save({"epoch": 5, "name": "x", "state_dict": state}, tmp_path / "epoch_latest.pt")
    loaded = load_clip(tmp_path / "epoch_latest.pt")
    assert loaded.shape == WIDE
    same(loaded, model)


@pytest.mark.parametrize("activation", ["gelu", "quick_gelu"])
@torch.no_grad()
def test_a_model_of_transformers_gives_the_same_features(tmp_path, activation):
    config = hf_clip_config(SHAPE)
    for tower in ("vision_config", "text_config"):
        config[tower]["hidden_act"] = activation
    torch.manual_seed(0)
    theirs = CLIPModel(CLIPConfig(**config)).eval()
    for weight in theirs.parameters():
        weight.add_(torch.randn_like(weight), alpha=0.1)
    theirs.save_pretrained(tmp_path)
    images, tokens = random_pairs(4)
    wanted = theirs(pixel_values=images, input_ids=tokens)
    ours = load_clip(tmp_path)
    torch.testing.assert_close(ours.encode_image(images), wanted.image_embeds, atol=1e-5, rtol=0)
    torch.testing.assert_close(ours.encode_text(tokens), wanted.text_embeds, atol=1e-5, rtol=0)
    assert ours.shape.quick_gelu == (activation == "quick_gelu")


@torch.no_grad()
def test_transformers_reads_what_we_write(tmp_path):
    model = random_clip()
    save_hf_clip(tmp_path, model)
    theirs = CLIPModel.from_pretrained(tmp_path).eval()
    images, tokens = random_pairs(4)
    wanted = theirs(pixel_values=images, input_ids=tokens)
    torch.testing.assert_close(model.encode_image(images), wanted.image_embeds, atol=1e-5, rtol=0)
    torch.testing.assert_close(model.encode_text(tokens), wanted.text_embeds, atol=1e-5, rtol=0)
    assert theirs.logit_scale.item() == model.logit_scale.item()


def test_what_is_no_clip_is_named(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no model"):
        load_clip(tmp_path / "empty")
    state = to_open_clip(random_clip(WIDE).state_dict(), WIDE)
    lost = state.pop("ln_final.weight")
    torch.save(state, tmp_path / "a.pt")
    with pytest.raises(InputError, match=r"ln_final.weight is missing"):
        load_clip(tmp_path / "a.pt")
    torch.save({"ln_final.weight": lost}, tmp_path / "b.pt")
    with pytest.raises(InputError, match="not a whole checkpoint of open_clip"):
        load_clip(tmp_path / "b.pt")
    with pytest.raises(InputError, match="model_type siglip"):
        hf_clip_shape({"model_type": "siglip"})
