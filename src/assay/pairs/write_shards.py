"""Shards as img2dataset writes them: a tar, a Parquet file of all rows (also of those that failed), statistics."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from assay.base.files import atomic_write, write_bytes
from assay.pairs.shards import stats_of

SUCCESS = "success"


@dataclass(frozen=True)
class ShardRow:
    """A row of a shard: what is known of it, and its image unless that could not be had."""

    about: dict[str, Any]
    """``uid``, ``url``, ``caption`` and what else; the same keys in every row of a shard."""
    image: bytes | None
    extension: str = "jpg"
    status: str = SUCCESS
    error: str | None = None


def write_shard(tar: Path, rows: Iterable[ShardRow]) -> int:
    """Write the shard ``00000012.tar`` with its side files, statistics last; returns how many rows have an image."""
    kept = list(_with_keys(tar.stem, rows))
    good = [(key, row, entry) for key, row, entry in kept if row.image is not None]
    with atomic_write(tar) as file, tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for key, row, entry in good:
            _add(archive, f"{key}.{row.extension}", row.image or b"")
            _add(archive, f"{key}.json", json.dumps(entry, indent=4).encode())
            _add(archive, f"{key}.txt", str(row.about.get("caption") or "").encode())
    with atomic_write(tar.with_suffix(".parquet")) as file:
        pq.write_table(pa.Table.from_pylist([entry for _, _, entry in kept]), file)
    failed = {"failed_to_download": 0, "failed_to_resize": 0}
    for _, row, _ in kept:
        if row.status != SUCCESS:
            failed[row.status] = failed.get(row.status, 0) + 1
    write_bytes(stats_of(tar), json.dumps({"count": len(kept), "successes": len(good), **failed}, indent=4).encode())
    return len(good)


def _with_keys(shard: str, rows: Iterable[ShardRow]) -> Iterable[tuple[str, ShardRow, dict[str, Any]]]:
    """Every row with its key (the shard's number and its own, 4 digits), and what is written of it."""
    for number, row in enumerate(rows):
        key = f"{shard}{number:04d}"
        yield key, row, row.about | {"key": key, "status": row.status, "error_message": row.error}


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))
