"""A CLIP from files: checkpoints of open_clip and DataComp, folders of transformers. No code from a file is run."""

from __future__ import annotations

import json
from pathlib import Path

from torch import Tensor

from assay.base.errors import InputError
from assay.base.files import write_bytes
from assay.models.checkpoints import load_weights, read_tensors, read_weights, write_tensors
from assay.models.clip import Clip, empty_clip
from assay.models.clip_hf import from_hf_clip, hf_clip_config, hf_clip_shape, to_hf_clip
from assay.models.clip_shape import ClipShape, ImageShape, TextShape, open_clip_config, open_clip_shape
from assay.models.open_clip import from_open_clip, to_open_clip

_OPEN_CLIP = ("open_clip_config.json", "open_clip_model.safetensors")
_TRANSFORMERS = ("config.json", "model.safetensors")
"""The files that each library looks for in a folder."""


def load_clip(path: str | Path, shape: ClipShape | None = None) -> Clip:
    """A model on the CPU in float32.

    ``path`` is a folder of open_clip or of transformers, or a checkpoint of open_clip (``epoch_latest.pt``, or
    safetensors). The tensors of a checkpoint tell its shape, with heads of 64 channels and the exact GELU; give
    ``shape`` where that is not so, as for OpenAI's weights. InputError for anything else.
    """
    path = Path(path)
    if (path / _OPEN_CLIP[0]).is_file():
        shape = shape or open_clip_shape(json.loads((path / _OPEN_CLIP[0]).read_bytes()), path / _OPEN_CLIP[0])
        return load_clip(path / _OPEN_CLIP[1], shape)
    if (path / _TRANSFORMERS[0]).is_file():
        return _load_transformers(path)
    if path.is_dir():
        hint = f"a folder of a CLIP has {_OPEN_CLIP[0]} or {_TRANSFORMERS[0]}"
        raise InputError("holds no model", where=path, hint=hint)
    weights = read_weights(path)
    shape = shape or _shape_of(weights, path)
    return _filled(shape, from_open_clip(weights, shape), path)


def save_open_clip(folder: Path, model: Clip) -> None:
    """Write a folder that open_clip loads as ``local-dir:FOLDER``, and ``load_clip`` too."""
    folder.mkdir(parents=True, exist_ok=True)
    write_tensors(folder / _OPEN_CLIP[1], to_open_clip(model.state_dict(), model.shape))
    config = {"model_cfg": open_clip_config(model.shape)}
    write_bytes(folder / _OPEN_CLIP[0], (json.dumps(config, indent=1) + "\n").encode())


def save_hf_clip(folder: Path, model: Clip) -> None:
    """Write a folder that transformers' ``CLIPModel.from_pretrained`` loads, and ``load_clip`` too."""
    folder.mkdir(parents=True, exist_ok=True)
    write_tensors(folder / _TRANSFORMERS[1], to_hf_clip(model.state_dict(), model.shape), {"format": "pt"})
    write_bytes(folder / _TRANSFORMERS[0], (json.dumps(hf_clip_config(model.shape), indent=1) + "\n").encode())


def _load_transformers(folder: Path) -> Clip:
    weights: dict[str, Tensor] = {}
    try:
        shape = hf_clip_shape(json.loads((folder / _TRANSFORMERS[0]).read_bytes()), folder / _TRANSFORMERS[0])
        for file in sorted(folder.glob("*.safetensors")):
            weights |= read_tensors(file)
        return _filled(shape, from_hf_clip(weights, shape), folder)
    except (KeyError, ValueError) as error:
        raise InputError(f"not a CLIP as transformers saves it: {error} is missing or wrong", where=folder) from error


def _filled(shape: ClipShape, weights: dict[str, Tensor], where: Path) -> Clip:
    model = empty_clip(shape)
    load_weights(model, {name: weight.float() for name, weight in weights.items()}, where)
    return model


def _shape_of(weights: dict[str, Tensor], where: Path) -> ClipShape:
    """The shape of the model whose state dict this is, by open_clip's names."""
    try:
        image_width, _, patch, _ = weights["visual.conv1.weight"].shape
        patches = len(weights["visual.positional_embedding"]) - 1
        context, text_width = weights["positional_embedding"].shape
        return ClipShape(
            embed_dim=weights["text_projection"].shape[1],
            image=ImageShape(
                width=image_width,
                layers=_layers(weights, "visual.transformer.resblocks."),
                hidden=len(weights["visual.transformer.resblocks.0.mlp.c_fc.bias"]),
                image_size=round(patches**0.5) * patch,
                patch_size=patch,
            ),
            text=TextShape(
                width=text_width,
                layers=_layers(weights, "transformer.resblocks."),
                hidden=len(weights["transformer.resblocks.0.mlp.c_fc.bias"]),
                context=context,
                vocab_size=len(weights["token_embedding.weight"]),
            ),
        )
    except KeyError as error:
        raise InputError(f"is not a whole checkpoint of open_clip: it lacks {error}", where=where) from error


def _layers(weights: dict[str, Tensor], prefix: str) -> int:
    return sum(name.startswith(prefix) and name.endswith(".ln_1.weight") for name in weights)
