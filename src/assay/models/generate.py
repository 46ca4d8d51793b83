"""A prompt and what a model writes after it."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path

import torch

from assay.base.errors import InputError
from assay.models.loading import load_language_model
from assay.models.sampling import Sampling, sample
from assay.tokens.tokenizer import load_tokenizer


def generate(folder: Path, prompt: str, limit: int, sampling: Sampling, seed: int) -> str:
    """The text after the prompt: up to ``limit`` tokens, the end of the document, or the end of the model's context.

    An empty prompt begins a document. InputError when the prompt alone fills the context.
    """
    model, context = load_language_model(folder)
    tokenizer = load_tokenizer(folder)
    ids = tokenizer.encode(prompt) or [tokenizer.end_of_text]
    if len(ids) >= context:
        raise InputError(f"the prompt has {len(ids)} tokens, and the model reads {context} at once", where=folder)
    generator = torch.Generator().manual_seed(seed)
    drawn = sample(model.eval(), ids, min(limit, context - len(ids)), sampling, generator)
    return tokenizer.decode(list(takewhile(lambda token: token != tokenizer.end_of_text, drawn)))
