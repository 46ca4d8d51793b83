"""CLIP under the names of Hugging Face transformers (``CLIPModel``), both ways.

The same network: transformers stores queries, keys and values apart, and the projections the other way round.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from assay.base.errors import InputError
from assay.models.clip_shape import ClipShape, ImageShape, TextShape

_LAYER = {
    "layer_norm1": "attention_norm",
    "self_attn.out_proj": "attention.out_proj",
    "layer_norm2": "ffn_norm",
    "mlp.fc1": "feed_forward.c_fc",
    "mlp.fc2": "feed_forward.c_proj",
}
_OUTSIDE = {
    "logit_scale": "logit_scale",
    "text_model.embeddings.token_embedding.weight": "token_embedding.weight",
    "text_model.embeddings.position_embedding.weight": "positional_embedding",
    "text_model.final_layer_norm.weight": "ln_final.weight",
    "text_model.final_layer_norm.bias": "ln_final.bias",
    "vision_model.embeddings.class_embedding": "visual.class_embedding",
    "vision_model.embeddings.patch_embedding.weight": "visual.conv1.weight",
    "vision_model.embeddings.position_embedding.weight": "visual.positional_embedding",
    "vision_model.pre_layrnorm.weight": "visual.ln_pre.weight",  # spelled so there
    "vision_model.pre_layrnorm.bias": "visual.ln_pre.bias",
    "vision_model.post_layernorm.weight": "visual.ln_post.weight",
    "vision_model.post_layernorm.bias": "visual.ln_post.bias",
}
_TRANSPOSED = {"text_projection.weight": "text_projection", "visual_projection.weight": "visual.proj"}
_ACTIVATIONS = {"gelu": False, "quick_gelu": True}


def to_hf_clip(weights: dict[str, Tensor], shape: ClipShape) -> dict[str, Tensor]:
    """The weights of a ``Clip`` under transformers' names."""
    renamed = {theirs: weights[ours] for theirs, ours in (_OUTSIDE | _plain_names(shape)).items()}
    renamed |= {theirs: weights[ours].T for theirs, ours in _TRANSPOSED.items()}
    for parts, ours in _joined_names(shape).items():
        renamed |= dict(zip(parts, weights[ours].chunk(3), strict=True))
    return renamed


def from_hf_clip(weights: dict[str, Tensor], shape: ClipShape) -> dict[str, Tensor]:
    """The weights of a ``CLIPModel`` under our names. KeyError for a weight that is not there."""
    renamed = {ours: weights[theirs] for theirs, ours in (_OUTSIDE | _plain_names(shape)).items()}
    renamed |= {ours: weights[theirs].T for theirs, ours in _TRANSPOSED.items()}
    return renamed | {
        ours: torch.cat([weights[part] for part in parts]) for parts, ours in _joined_names(shape).items()
    }


def hf_clip_config(shape: ClipShape) -> dict[str, Any]:
    """The ``config.json`` of transformers for a shape."""
    image, text = shape.image, shape.text
    activation = "quick_gelu" if shape.quick_gelu else "gelu"
    common = {"hidden_act": activation, "layer_norm_eps": 1e-5, "projection_dim": shape.embed_dim}
    return {
        "architectures": ["CLIPModel"],
        "model_type": "clip",
        "projection_dim": shape.embed_dim,
        "vision_config": {
            **common,
            "hidden_size": image.width,
            "intermediate_size": image.hidden,
            "num_hidden_layers": image.layers,
            "num_attention_heads": image.heads,
            "image_size": image.image_size,
            "patch_size": image.patch_size,
        },
        "text_config": {
            **common,
            "hidden_size": text.width,
            "intermediate_size": text.hidden,
            "num_hidden_layers": text.layers,
            "num_attention_heads": text.heads,
            "max_position_embeddings": text.context,
            "vocab_size": text.vocab_size,
            "bos_token_id": text.vocab_size - 2,
            "eos_token_id": text.vocab_size - 1,
        },
    }


def hf_clip_shape(config: dict[str, Any], where: object = "config.json") -> ClipShape:
    """The shape of a ``CLIPModel`` from its ``config.json``. InputError when it is no CLIP of the form here."""
    image, text = config.get("vision_config") or {}, config.get("text_config") or {}
    activation = image.get("hidden_act", "quick_gelu")
    if config.get("model_type") != "clip" or activation not in _ACTIVATIONS:
        raise InputError(
            f"is not a CLIP of the form that assay has: model_type {config.get('model_type')}, {activation}",
            where=where,
        )
    return ClipShape(  # what config.json leaves out is as in transformers' CLIPConfig
        embed_dim=config.get("projection_dim", 512),
        quick_gelu=_ACTIVATIONS[activation],
        image=ImageShape(
            **_tower(image, 768, 12), image_size=image.get("image_size", 224), patch_size=image.get("patch_size", 32)
        ),
        text=TextShape(
            **_tower(text, 512, 8),
            context=text.get("max_position_embeddings", 77),
            vocab_size=text.get("vocab_size", 49_408),
        ),
    )


def _tower(config: dict[str, Any], width: int, heads: int) -> dict[str, int]:
    return {
        "width": config.get("hidden_size", width),
        "layers": config.get("num_hidden_layers", 12),
        "heads": config.get("num_attention_heads", heads),
        "hidden": config.get("intermediate_size", 4 * width),
    }


def _layers(shape: ClipShape) -> list[tuple[str, str]]:
    """The names of every block, theirs and ours."""
    towers = (("text_model", "", shape.text.layers), ("vision_model", "visual.", shape.image.layers))
    return [
        (f"{theirs}.encoder.layers.{index}.", f"{ours}layers.{index}.")
        for theirs, ours, layers in towers
        for index in range(layers)
    ]


def _plain_names(shape: ClipShape) -> dict[str, str]:
    return {
        f"{theirs}{new}.{part}": f"{ours}{old}.{part}"
        for theirs, ours in _layers(shape)
        for new, old in _LAYER.items()
        for part in ("weight", "bias")
    }


def _joined_names(shape: ClipShape) -> dict[tuple[str, str, str], str]:
    """Their queries, keys and values, and our matrix (or bias) that holds the three."""
    names: dict[tuple[str, str, str], str] = {}
    for theirs, ours in _layers(shape):
        for part in ("weight", "bias"):
            queries, keys, values = (f"{theirs}self_attn.{letter}_proj.{part}" for letter in "qkv")
            names[queries, keys, values] = f"{ours}attention.in_proj.{part}"
    return names
