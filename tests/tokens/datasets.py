"""Dataset artifacts made by tests, and what is in a tokens folder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import zstandard

from assay.records.artifact import Identity, build
from assay.tokens.format import open_shard, read_manifest

WORDS = "the assay of an ore tells how much is metal and how much is dross in it".split()  # noqa: SIM905


def prose(number: int, words: int = 40) -> str:
    """Text that differs with the number, with characters of one to four bytes."""
    chosen = [WORDS[(number * 31 + k * (number % 7 + 1)) % len(WORDS)] for k in range(words)]
    return f"{number}: {' '.join(chosen)} – é 😀\nend\u2028{number * number}\u0085"


def write_shard(path: Path, texts: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps({"id": f"{path.name}-{n}", "text": text, "url": None}) + "\n" for n, text in enumerate(texts))
    path.write_bytes(zstandard.compress("".join(lines).encode()))


def make_dataset(folder: Path, shards: list[list[str]]) -> Path:
    """A dataset whose shard k holds the texts ``shards[k]``; shards without texts are left out, as curation does."""
    with build(folder, Identity("dataset", folder.name, {"texts": shards})) as draft:
        for number, texts in enumerate(shards):
            if texts:
                write_shard(draft.folder / "shards" / f"{number:05d}.jsonl.zst", texts)
    return folder


def sequences(folder: Path) -> np.ndarray:
    """All sequences of a tokens folder: shape (sequences, sequence_length)."""
    manifest = read_manifest(folder)
    return np.concatenate([open_shard(folder, manifest, shard) for shard in manifest.shards])


def digests(folder: Path) -> dict[str, str]:
    """What a folder holds, but for the record (which has times)."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "record.json")
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
