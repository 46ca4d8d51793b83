"""Sentence encoders: what makes an embedding of a text.

Three kinds are known by how they are named:

- ``package.module:function``: a function that takes a list of texts and returns an array (texts, d);
- a folder with ``model.safetensors`` and ``tokenizer.json``: static embeddings, a vector a token (``embeddings``, as
  model2vec writes them), whose mean is that of a text;
- a folder with ``model.onnx`` and ``tokenizer.json``: a network whose first output is (texts, d), or (texts, tokens,
  d), of which the mean over the tokens is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from assay.base.errors import InputError
from assay.base.optional import optional

Encoder = Callable[[list[str]], np.ndarray]
_TOKENS = 512
"""Of a text are looked at so many, as most sentence encoders do."""


@lru_cache(maxsize=2)
def load_encoder(name: str) -> Encoder:
    """The encoder of a name. InputError when there is none."""
    folder = Path(name)
    if (folder / "model.safetensors").is_file():
        return _static(folder)
    if (folder / "model.onnx").is_file():
        return _onnx(folder)
    module, colon, function = name.partition(":")
    if not colon:
        hint = "give package.module:function, or a folder with tokenizer.json and model.safetensors or model.onnx"
        raise InputError("is no encoder", where=name, hint=hint)
    try:
        return getattr(import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise InputError(f"cannot be imported: {error}", where=name) from error


def _tokenizer(folder: Path) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(_TOKENS)
    return tokenizer


def _static(folder: Path) -> Encoder:
    from safetensors.numpy import load_file

    vectors = load_file(folder / "model.safetensors")["embeddings"].astype(np.float32)
    tokenizer = _tokenizer(folder)
    tokenizer.no_padding()

    def encode(texts: list[str]) -> np.ndarray:
        encoded = tokenizer.encode_batch(texts, add_special_tokens=False)
        return np.stack([vectors[each.ids].mean(0) if each.ids else np.zeros(vectors.shape[1]) for each in encoded])

    return encode


def _onnx(folder: Path) -> Encoder:
    runtime = optional("onnxruntime", "onnx", "an encoder in ONNX")
    session = runtime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    names = {each.name for each in session.get_inputs()}
    tokenizer = _tokenizer(folder)
    tokenizer.enable_padding()

    def encode(texts: list[str]) -> np.ndarray:
        encoded = tokenizer.encode_batch(texts)
        mask = np.array([each.attention_mask for each in encoded], np.int64)
        ids = np.array([each.ids for each in encoded], np.int64)
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        found = session.run(None, {name: value for name, value in inputs.items() if name in names})[0]
        if found.ndim == 3:
            found = (found * mask[:, :, None]).sum(1) / np.maximum(mask.sum(1), 1)[:, None]
        return found

    return encode
