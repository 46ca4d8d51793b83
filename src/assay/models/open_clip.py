"""The weights of a CLIP under open_clip's names, both ways: those of DataComp's and of OpenAI's checkpoints."""

from __future__ import annotations

from torch import Tensor

from assay.models.clip_shape import ClipShape

_BLOCK = {
    "ln_1.": "attention_norm.",
    "attn.in_proj_": "attention.in_proj.",
    "attn.out_proj.": "attention.out_proj.",
    "ln_2.": "ffn_norm.",
    "mlp.c_fc.": "feed_forward.c_fc.",
    "mlp.c_proj.": "feed_forward.c_proj.",
}
_TEXT = ("positional_embedding", "text_projection", "logit_scale")
_IMAGE = ("class_embedding", "positional_embedding", "proj", "conv1.weight", "ln_pre.weight", "ln_pre.bias")


def to_open_clip(weights: dict[str, Tensor], shape: ClipShape) -> dict[str, Tensor]:
    """The weights of a ``Clip`` under open_clip's names, in its order."""
    return {theirs: weights[ours] for theirs, ours in _names(shape).items()}


def from_open_clip(weights: dict[str, Tensor], shape: ClipShape) -> dict[str, Tensor]:
    """The weights of a checkpoint of open_clip under our names; what has no place here keeps its name."""
    names = _names(shape)
    return {names.get(name, name): weight for name, weight in weights.items()}


def _names(shape: ClipShape) -> dict[str, str]:
    """Our name for each of theirs."""
    names = {name: name for name in _TEXT}
    names |= {f"visual.{name}": f"visual.{name}" for name in _IMAGE}
    names |= _block_names("visual.", shape.image.layers)
    names |= {f"visual.ln_post.{part}": f"visual.ln_post.{part}" for part in ("weight", "bias")}
    names |= _block_names("", shape.text.layers)
    return names | {name: name for name in ("token_embedding.weight", "ln_final.weight", "ln_final.bias")}


def _block_names(tower: str, layers: int) -> dict[str, str]:
    return {
        f"{tower}transformer.resblocks.{index}.{theirs}{part}": f"{tower}layers.{index}.{ours}{part}"
        for index in range(layers)
        for theirs, ours in _BLOCK.items()
        for part in ("weight", "bias")
    }
