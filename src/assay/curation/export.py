"""From the documents that a recipe kept to the files of the dataset: JSONL.zst or Parquet, in shards of about one size.

Which documents go into which shard depends on their sizes only, so the shards are the same for any number of workers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from assay.base.files import atomic_write
from assay.curation.documents import SPLIT_AT, Documents
from assay.curation.page import pages_of
from assay.curation.recipe import Format, Output
from assay.curation.shard import read_arrow

_ENDINGS: dict[Format, str] = {"jsonl": "jsonl.zst", "parquet": "parquet"}
_PACKED = 2.5
"""Bytes of web text that zstd level 3 packs into one."""


@dataclass(frozen=True)
class Piece:
    """Some consecutive batches of an Arrow file."""

    path: Path
    first: int
    last: int
    """The batch behind the last one."""


@dataclass(frozen=True)
class Export:
    """A shard to be written."""

    path: Path
    format: Format
    pieces: tuple[Piece, ...]
    documents: int


class _Batch(NamedTuple):
    path: Path
    number: int
    documents: int
    bytes: int


def plan_exports(folder: Path, output: Output, files: Iterable[tuple[Path, list[tuple[int, int]]]]) -> list[Export]:
    """Divide the batches of Arrow files (path; documents and bytes of each batch), in order, into shards."""
    batches = [_Batch(path, number, *sizes) for path, found in files for number, sizes in enumerate(found)]
    return [
        Export(
            folder / f"{index:05d}.{_ENDINGS[output.format]}",
            output.format,
            tuple(_pieces(group)),
            sum(batch.documents for batch in group),
        )
        for index, group in enumerate(_groups(batches, _PACKED * output.shard_size))
    ]


def _groups(batches: list[_Batch], limit: float) -> Iterator[list[_Batch]]:
    """Consecutive batches that together are no larger than the limit, or a single larger one."""
    group: list[_Batch] = []
    size = 0
    for batch in batches:
        if group and size + batch.bytes > limit:
            yield group
            group, size = [], 0
        group.append(batch)
        size += batch.bytes
    if group:
        yield group


def _pieces(group: list[_Batch]) -> Iterator[Piece]:
    for path, batches in groupby(group, lambda batch: batch.path):
        numbers = [batch.number for batch in batches]
        yield Piece(path, numbers[0], numbers[-1] + 1)


def write_export(export: Export) -> None:
    """Write a shard, unless it is there."""
    if export.path.exists():
        return
    batches = (batch for piece in export.pieces for batch in read_arrow(piece.path, piece.first, piece.last))
    if export.format == "parquet":
        _write_parquet(export.path, batches)
    else:
        _write_jsonl(export.path, batches)


def _write_jsonl(path: Path, batches: Iterator[pa.RecordBatch]) -> None:
    with atomic_write(path) as file, zstandard.ZstdCompressor(level=3).stream_writer(file, closefd=False) as packed:
        for batch in batches:
            lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in pages_of(Documents(batch))]
            packed.write("".join(lines).encode())


def _write_parquet(path: Path, batches: Iterator[pa.RecordBatch]) -> None:
    whole = (batch.drop_columns([SPLIT_AT]) if SPLIT_AT in batch.schema.names else batch for batch in batches)
    first = next(whole)
    with atomic_write(path) as file, pq.ParquetWriter(file, first.schema, compression="zstd") as writer:
        for batch in chain([first], whole):
            writer.write_batch(batch)
