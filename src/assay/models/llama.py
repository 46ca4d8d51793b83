"""The Llama form under the names of Hugging Face transformers, both ways.

The two are the same network: rotary embedding in the half-split layout, RMSNorm, SwiGLU. Ours stores queries, keys and
values in one matrix, and gate and value of the feed-forward layer in another.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from assay.base.errors import InputError
from assay.models.norms import EPSILON
from assay.models.scales import LanguageShape

_LAYER = {
    "attention.out_proj.weight": "self_attn.o_proj.weight",
    "feed_forward.w3.weight": "mlp.down_proj.weight",
    "attention_norm.weight": "input_layernorm.weight",
    "ffn_norm.weight": "post_attention_layernorm.weight",
}
_OUTSIDE = {
    "tok_embeddings.weight": "model.embed_tokens.weight",
    "norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
_QUERIES_KEYS_VALUES = tuple(f"self_attn.{part}_proj.weight" for part in "qkv")
_GATE_VALUE = ("mlp.gate_proj.weight", "mlp.up_proj.weight")
_AS_OURS = {"hidden_act": "silu", "attention_bias": False, "mlp_bias": False, "rms_norm_eps": EPSILON}
"""Settings of a Llama that are fixed here."""


def llama_config(shape: LanguageShape, context: int) -> dict[str, Any]:
    """The ``config.json`` of transformers for a shape that reads ``context`` tokens."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": shape.vocab_size,
        "hidden_size": shape.width,
        "intermediate_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.key_value_heads,
        "max_position_embeddings": context,
        "rope_theta": shape.rotary_base,
        "tie_word_embeddings": False,
        "dtype": "float32",
        "torch_dtype": "float32",  # the name before transformers 5
        **_AS_OURS,
    }


def to_llama(weights: dict[str, Tensor], shape: LanguageShape) -> dict[str, Tensor]:
    """The weights of ``LanguageModel`` under transformers' names."""
    renamed = {theirs: weights[ours] for ours, theirs in _OUTSIDE.items()}
    for index in range(shape.layers):
        ours, theirs = f"layers.{index}.", f"model.layers.{index}."
        renamed |= {theirs + new: weights[ours + old] for old, new in _LAYER.items()}
        rows = [shape.width, shape.key_width, shape.key_width]
        parts = weights[ours + "attention.in_proj.weight"].split(rows)
        renamed |= {theirs + name: part for name, part in zip(_QUERIES_KEYS_VALUES, parts, strict=True)}
        parts = weights[ours + "feed_forward.w12.weight"].chunk(2)
        renamed |= {theirs + name: part for name, part in zip(_GATE_VALUE, parts, strict=True)}
    return renamed


def from_llama(weights: dict[str, Tensor], shape: LanguageShape) -> dict[str, Tensor]:
    """The weights of a Llama under our names; an output matrix that is tied to the embedding becomes a copy."""
    weights = {"lm_head.weight": weights["model.embed_tokens.weight"], **weights}
    renamed = {ours: weights[theirs] for ours, theirs in _OUTSIDE.items()}
    for index in range(shape.layers):
        ours, theirs = f"layers.{index}.", f"model.layers.{index}."
        renamed |= {ours + old: weights[theirs + new] for old, new in _LAYER.items()}
        renamed[ours + "attention.in_proj.weight"] = torch.cat(
            [weights[theirs + name] for name in _QUERIES_KEYS_VALUES]
        )
        renamed[ours + "feed_forward.w12.weight"] = torch.cat([weights[theirs + name] for name in _GATE_VALUE])
    return renamed


def llama_shape(config: dict[str, Any], where: object) -> LanguageShape:
    """The shape of a Llama from its ``config.json``. InputError when it has parts that the Llama form here lacks."""
    heads = config["num_attention_heads"]
    rotary = config.get("rope_parameters") or {
        "rope_theta": config.get("rope_theta"),
        **(config.get("rope_scaling") or {}),
    }
    odd = [f"{key} {config[key]}" for key, value in _AS_OURS.items() if config.get(key, value) != value]
    if config.get("model_type") != "llama":
        odd.append(f"model_type {config.get('model_type')}")
    if config.get("head_dim", config["hidden_size"] // heads) * heads != config["hidden_size"]:
        odd.append(f"head_dim {config['head_dim']}")
    kind = rotary.get("rope_type") or rotary.get("type") or "default"
    if kind != "default":
        odd.append(f"rope_type {kind}")
    if odd:
        raise InputError(f"is not a Llama of the form that assay has: {', '.join(odd)}", where=where)
    return LanguageShape(
        form="llama",
        width=config["hidden_size"],
        layers=config["num_hidden_layers"],
        heads=heads,
        key_value_heads=config.get("num_key_value_heads") or heads,
        hidden=config["intermediate_size"],
        vocab_size=config["vocab_size"],
        rotary_base=rotary.get("rope_theta") or 10_000.0,
    )
