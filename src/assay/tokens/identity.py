"""What a tokenizer and token shards are, before they are made: known from settings and the ids of the inputs alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from assay.base.fingerprint import file_sha256
from assay.records.artifact import Identity
from assay.tokens.format import TOKENIZER_NAME
from assay.tokens.mix import Mix

MEGABYTES = 20.0
"""Text a tokenizer is trained on, by default: more hardly changes the merges of small vocabularies."""
MINIMUM_FREQUENCY = 2


def tokenizer_identity(
    dataset: Mapping[str, str | Path] | None = None,
    vocab_size: int = 0,
    megabytes: float = MEGABYTES,
    *,
    path: str | Path | None = None,
) -> Identity:
    """A tokenizer trained on a dataset (its id and folder), or copied from the file ``path``."""
    if path is not None:
        file = tokenizer_file(path)
        return Identity("tokenizer", Path(file).name.split(".")[0], {"file": {"sha256": file_sha256(file)}})
    config = {
        "algorithm": "byte-level BPE",
        "vocab_size": vocab_size,
        "megabytes": float(megabytes),
        "minimum_frequency": MINIMUM_FREQUENCY,
    }
    return Identity("tokenizer", f"bpe-{vocab_size}", config, dataset or {})


def converted_identity(ranks: str | Path, like: str) -> Identity:
    """A tokenizer made from a file of ranks, with what the file does not say taken from a tokenizer of that name."""
    config = {"ranks": {"sha256": file_sha256(str(ranks))}, "like": like}
    return Identity("tokenizer", like, config)


def tokens_identity(
    dataset: Mapping[str, str | Path], tokenizer: dict[str, Path] | str | Path, context: int, seed: int = 0
) -> Identity:
    """Token shards of a dataset; the tokenizer is an artifact (its id and folder), or a file."""
    config: dict[str, Any] = {"context": context, "seed": seed}
    if isinstance(tokenizer, dict):
        return Identity("tokens", "tokens", config, {**dataset, **tokenizer})
    config["tokenizer"] = {"sha256": file_sha256(tokenizer_file(tokenizer))}
    return Identity("tokens", "tokens", config, dataset)


def mixed_identity(
    datasets: Mapping[str, str | Path],
    mix: Mix,
    tokenizer: dict[str, Path] | str | Path,
    context: int,
    seed: int = 0,
) -> Identity:
    """Token shards of several datasets (their ids and folders, in the order of the mix)."""
    plain = tokens_identity(datasets, tokenizer, context, seed)
    amounts = [source.amount for source in mix.sources]
    return replace(plain, name="mix", config=plain.config | {"mix": {"tokens": mix.tokens, "sources": amounts}})


def tokenizer_file(path: str | Path) -> str:
    """The tokenizer file that a path means: itself, or the ``tokenizer.json`` of a folder."""
    return str(Path(path) / TOKENIZER_NAME) if Path(path).is_dir() else str(path)
