"""A language model from whatever holds one: a run, a checkpoint of open_lm, a Llama of Hugging Face transformers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from torch import Tensor

from assay.base.errors import InputError
from assay.models.checkpoints import filled_model, load_model, read_tensors, read_weights
from assay.models.language import LanguageModel
from assay.models.llama import from_llama, llama_shape
from assay.models.scales import LanguageShape
from assay.records.record import RECORD_NAME

_OPEN_LM_CONTEXT = 2048
"""Of all scales of DCLM; a checkpoint does not say."""
_ROTARY_TABLE = "layers.0.attention.pos_embed.inv_freq"


def load_language_model(path: str | Path) -> tuple[LanguageModel, int]:
    """A model on the CPU in float32, and how many tokens it reads at once.

    ``path`` is the folder of a run; a checkpoint of open_lm, whose tensors tell its shape (``epoch_5.pt``, read without
    running code from it, or safetensors); or a folder that transformers saved a Llama to. InputError for anything else.
    """
    path = Path(path)
    if (path / RECORD_NAME).is_file() and not (path / "config.json").is_file():
        model, scale = load_model(path)
        return model, scale.sequence_length
    if (path / "config.json").is_file():
        return _load_llama(path)
    if path.is_dir():
        raise InputError("holds no model: neither a run's record.json nor a config.json", where=path)
    weights = read_weights(path)
    return filled_model(_open_lm_shape(weights, path), weights, path), _OPEN_LM_CONTEXT


def _load_llama(folder: Path) -> tuple[LanguageModel, int]:
    weights: dict[str, Tensor] = {}
    try:
        config: dict[str, Any] = json.loads((folder / "config.json").read_bytes())
        shape = llama_shape(config, folder / "config.json")
        for file in sorted(folder.glob("*.safetensors")):
            weights |= read_tensors(file)
        model = filled_model(shape, from_llama(weights, shape), folder)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"not a Llama as transformers saves it: {error} is missing or wrong", where=folder) from error
    return model, config.get("max_position_embeddings", _OPEN_LM_CONTEXT)


def _open_lm_shape(weights: dict[str, Tensor], where: Path) -> LanguageShape:
    """The shape of the decoder whose state dict this is."""
    try:
        vocabulary, width = weights["tok_embeddings.weight"].shape
        head_width = 2 * len(weights[_ROTARY_TABLE])
        hidden = weights["layers.0.feed_forward.w3.weight"].shape[1]
    except KeyError as error:
        hint = "load it with the scale that it was trained with"
        raise InputError(f"is not a whole checkpoint of open_lm: it lacks {error}", where=where, hint=hint) from error
    layers = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("layers."))
    return LanguageShape(width=width, layers=layers, heads=width // head_width, vocab_size=vocabulary, hidden=hidden)
