"""What is evaluated: a run of assay, or a model that others made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.base.errors import InputError
from assay.base.fingerprint import file_sha256
from assay.evaluation.scoring import Scorer
from assay.models.hf import load_huggingface
from assay.models.loading import load_language_model
from assay.records.record import read_record_of
from assay.tokens.format import TOKENIZER_NAME
from assay.tokens.tokenizer import load_tokenizer
from assay.training.device import best_device

_HF_FILES = ("config.json", "tokenizer.json", "*.safetensors")


@dataclass(frozen=True)
class Subject:
    """A model before it is loaded: which one it is, and how to load it."""

    name: str
    load: Callable[[], Scorer]
    inputs: dict[str, Path] = field(default_factory=dict)
    """Id and folder of the run."""
    config: dict[str, Any] = field(default_factory=dict)
    """What else says which model it is, where it is not a run."""


def run_subject(run: Path) -> Subject:
    """A run. InputError when the folder is none."""
    source = read_record_of(run, "run")

    return Subject(source.name, lambda: _scorer(run, run), {source.id: run})


def huggingface_subject(folder: Path) -> Subject:
    """A causal language model in a folder of transformers, known by the content of its files.

    A Llama is read without transformers, and runs as assay's own.
    """
    files = sorted(file for pattern in _HF_FILES for file in folder.glob(pattern))
    if not {"config.json", "tokenizer.json"} <= {file.name for file in files}:
        hint = "it needs config.json, tokenizer.json and weights as safetensors, as save_pretrained writes them"
        raise InputError("is not a folder of a Hugging Face model", where=folder, hint=hint)

    def load() -> Scorer:
        try:
            return _scorer(folder, folder)
        except InputError:  # not a Llama
            model = load_huggingface(folder).to(best_device())
            return Scorer(model, load_tokenizer(folder), model.context, where=folder)

    return Subject(folder.resolve().name, load, config={"model": _hashes(files)})


def checkpoint_subject(file: Path) -> Subject:
    """A checkpoint of open_lm, with the tokenizer that lies beside it."""
    tokenizer = file.parent / TOKENIZER_NAME
    if not tokenizer.is_file():
        raise InputError("there is no tokenizer.json beside the checkpoint", where=file, hint="put a copy of it there")
    return Subject(file.stem, lambda: _scorer(file, file.parent), config={"model": _hashes([file, tokenizer])})


def _scorer(model: Path, tokenizer: Path) -> Scorer:
    decoder, context = load_language_model(model)
    return Scorer(decoder.to(best_device()).eval(), load_tokenizer(tokenizer), context, where=model)


def _hashes(files: list[Path]) -> dict[str, str]:
    return {file.name: file_sha256(str(file)) for file in files}
