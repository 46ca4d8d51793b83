"""Runs that were never trained: random weights with gains that are not one, a tokenizer, a record."""

from __future__ import annotations

from pathlib import Path

import torch

from assay.models.checkpoints import save_run_model
from assay.models.language import LanguageModel, new_language_model
from assay.models.scales import load_scale
from assay.records.artifact import Identity, build
from assay.tokens.tokenizer import train_bpe

SHAPE = ["model.width=48", "model.layers=3", "model.heads=4", "model.vocab_size=300", "sequence_length=32"]


def make_run(folder: Path, *changes: str) -> LanguageModel:
    """A run folder; the model in it."""
    scale = load_scale("lm-demo", [*SHAPE, *changes])
    model = new_language_model(scale.model, 0)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "norm" in name:
                weight.copy_(torch.rand(weight.shape, generator=generator) + 0.5)
            else:
                weight.add_(torch.randn((), generator=generator) * 0.05)  # rows and columns of a mean that is not zero
    with build(folder, Identity("run", "random", {"changes": list(changes)})) as draft:
        save_run_model(draft.folder, model, scale)
        definition = train_bpe(["the cat sat on the mat with a hat and that was that " * 9], 300).definition
        (draft.folder / "tokenizer.json").write_text(definition)
    return model
