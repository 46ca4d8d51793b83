"""Documents out to files: JSONL, packed with zstd."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import zstandard

_LEVEL = 3


class Document(NamedTuple):
    """One document."""

    id: str
    text: str
    url: str


def write_documents(path: Path, documents: Iterable[Document], limit: int | None = None) -> int:
    """Write documents to one ``.jsonl.zst`` file, until ``limit`` bytes of JSONL are reached; the number written.

    The same documents give the same bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    count = size = 0
    with open(path, "wb") as file, zstandard.ZstdCompressor(level=_LEVEL).stream_writer(file) as packed:
        for document in documents:
            line = json.dumps(document._asdict(), ensure_ascii=False).encode() + b"\n"
            packed.write(line)
            count, size = count + 1, size + len(line)
            if limit and size >= limit:
                break
    return count


def write_shards(folder: Path, documents: Iterable[Document], limit: int) -> dict[str, int]:
    """Write ``00000.jsonl.zst``, ``00001.jsonl.zst`` … of about ``limit`` bytes of JSONL each: name → documents."""
    waiting = iter(documents)
    rows: dict[str, int] = {}
    for first in waiting:
        name = f"{len(rows):05d}.jsonl.zst"
        rows[name] = write_documents(folder / name, chain([first], waiting), limit)
    return rows


def start_of(text: str, limit: int) -> str:
    """At most ``limit`` UTF-8 bytes from the start of a text, up to a line end if there is one in the second half."""
    data = text.encode()
    if len(data) <= limit:
        return text
    end = data.rfind(b"\n", limit // 2, limit)
    return data[: end + 1 if end >= 0 else limit].decode(errors="ignore")
