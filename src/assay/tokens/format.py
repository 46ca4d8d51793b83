"""What a tokens folder holds: ``shards/*.bin``, ``manifest.json`` and ``tokenizer.json``.

A shard is little-endian unsigned integers, one sequence after another, nothing else.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import ValidationError

from assay.base.errors import InputError
from assay.base.files import open_bytes, write_bytes
from assay.base.settings import Settings

MANIFEST_NAME = "manifest.json"
TOKENIZER_NAME = "tokenizer.json"
SHARDS_FOLDER = "shards"

DtypeName = Literal["uint16", "uint32"]


class Shard(Settings):
    """One file of sequences."""

    file: str
    """Relative to the tokens folder."""
    sequences: int


class Manifest(Settings):
    """What is in the shards."""

    dtype: DtypeName
    sequence_length: int
    """Tokens in a sequence: the training context plus one, for the last target."""
    vocab_size: int
    end_of_text: int
    """Id of the token that follows every document."""
    sequences: int
    tokens: int
    """sequences x sequence_length."""
    documents: int
    bytes: int | None
    """UTF-8 bytes of the text that was encoded; null where only the tokens are known."""
    shards: list[Shard]

    def write(self, folder: Path) -> None:
        """Write ``manifest.json`` into the folder."""
        write_bytes(folder / MANIFEST_NAME, (self.model_dump_json(indent=1) + "\n").encode())


def dtype_name(vocab_size: int) -> DtypeName:
    """The narrowest type that holds every id."""
    return "uint16" if vocab_size <= 1 << 16 else "uint32"


def numpy_dtype(vocab_size: int) -> np.dtype:
    """The type of a token on disk."""
    return np.dtype(dtype_name(vocab_size)).newbyteorder("<")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a tokens folder. InputError when it is absent or broken."""
    path = Path(folder) / MANIFEST_NAME
    with open_bytes(path) as file:
        data = file.read()
    try:
        return Manifest.model_validate(json.loads(data))
    except (ValidationError, ValueError) as error:
        raise InputError(f"not a manifest of token shards: {error}", where=path) from error


def open_shard(folder: Path, manifest: Manifest, shard: Shard) -> np.ndarray:
    """A shard as a read-only memory-mapped array of shape (sequences, sequence_length). InputError on another size."""
    path = Path(folder) / shard.file
    shape = (shard.sequences, manifest.sequence_length)
    dtype = np.dtype(manifest.dtype).newbyteorder("<")
    expected = shape[0] * shape[1] * dtype.itemsize
    found = path.stat().st_size if path.exists() else None
    if found != expected:
        state = "is missing" if found is None else f"holds {found:,} bytes, the manifest says {expected:,}"
        raise InputError(state, where=path, hint="tokenize the dataset again")
    return np.memmap(path, dtype, "r", shape=shape)
