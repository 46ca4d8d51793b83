"""The metadata of image–text pairs in Parquet files, in batches of whole columns.

Two kinds of file are read: DataComp's metadata (one row a pair, with embeddings in an ``.npz`` of the same name), and
the file that img2dataset leaves beside each shard, whose rows with another status than ``success`` are no candidates.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assay.base.errors import InputError
from assay.pairs.embeddings import open_embeddings
from assay.pairs.subset import parse_uids
from assay.pools.parquet import BROKEN, begins_in, open_table
from assay.pools.pool import PoolFile
from assay.pools.quarantine import Reading
from assay.pools.source import open_seekable

ROWS = 32_768
"""Of a batch: about 10 MB of metadata, or 50 MB of embeddings for each that a recipe asks for."""
CAPTIONS = ("text", "caption", "TEXT")
_UID, _URL, _STATUS = "uid", "url", "status"
_UNREAD = {"sha256", "md5", "exif", "key", "error_message"}
"""Strings as long as the caption, which no step asks for."""


@dataclass(frozen=True)
class _Table:
    """An open Parquet file, and what is read of it."""

    file: PoolFile
    parquet: pq.ParquetFile
    caption: str
    columns: list[str]


def read_pairs(file: PoolFile, embeddings: tuple[str, ...], reading: Reading) -> Iterator[pa.RecordBatch]:
    """The pairs of a file, or of the row groups that begin in a part of it.

    Columns: ``id`` (the uid), ``text`` (the caption), ``url``, all other numbers and short strings under their own
    names, and each of ``embeddings`` (fixed_size_list<float16>) from the ``.npz``. Rows without a valid uid or caption
    go to ``reading``. InputError when there is no column of uids or captions, or not as many embeddings as rows.
    """
    with open_seekable(file.path) as source:
        opened = open_table(source, reading if file.start == 0 else Reading(lambda bad: None))
        if opened is None:
            return
        table = _describe(file, opened[0])
        with ExitStack() as files:
            vectors = {name: files.enter_context(open_embeddings(file.path, name)) for name in embeddings}
            for first, batch in _batches(table, reading):
                columns = {name: batch.column(name) for name in batch.schema.names}
                columns |= {name: found.rows(first, len(batch)) for name, found in vectors.items()}
                yield from _usable(columns, table.caption, first, reading)


def _describe(file: PoolFile, parquet: pq.ParquetFile) -> _Table:
    schema = parquet.schema_arrow
    caption = next((name for name in CAPTIONS if name in schema.names), None)
    if caption is None or _UID not in schema.names:
        raise InputError(
            f"is no metadata of image–text pairs: it has no column {_UID if caption else 'text'!r}",
            where=file.path,
            hint=f"the columns are: {', '.join(schema.names) or 'none'}",
        )
    others = (field.name for field in schema if field.name not in _UNREAD and _is_scalar(field.type))
    columns = list(dict.fromkeys([_UID, caption, *others]))
    for name in columns[:2]:
        if not _holds_text(schema.field(name).type):
            raise InputError(f"the column {name!r} holds {schema.field(name).type}, not text", where=file.path)
    return _Table(file, parquet, caption, columns)


def _is_scalar(kind: pa.DataType) -> bool:
    return pa.types.is_primitive(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _holds_text(kind: pa.DataType) -> bool:
    return kind in (pa.string(), pa.large_string(), pa.binary(), pa.large_binary())


def _batches(table: _Table, reading: Reading) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Batches, each with the number of its first row in the file, counted from 0."""
    end = 0
    for group in range(table.parquet.num_row_groups):
        row, end = end, end + table.parquet.metadata.row_group(group).num_rows
        if not table.file.is_whole and not begins_in(table.file, table.parquet, group):
            continue
        try:
            for batch in table.parquet.iter_batches(ROWS, [group], table.columns, use_threads=False):
                yield row, batch
                row += len(batch)
        except BROKEN as error:
            reading.bad(f"row group {group + 1}", "broken Parquet row group", str(error), rows=max(1, end - row))


def _usable(columns: dict[str, pa.Array], caption: str, first: int, reading: Reading) -> Iterator[pa.RecordBatch]:
    """The batch as steps take it, without the rows that cannot be used."""
    uids, texts = _as_text(columns.pop(_UID)), _as_text(columns.pop(caption))
    wanted = _succeeded(columns.pop(_STATUS, None), len(uids), reading)
    problems = _problems(uids, texts)
    for row in np.flatnonzero(wanted & (problems > 0)).tolist():
        shown = f"{_shown(uids, row)} {_shown(texts, row)}"
        reading.bad(f"row {first + row + 1}", _PROBLEMS[problems[row]], shown)
    url = columns.pop(_URL, None)
    batch = pa.RecordBatch.from_pydict(
        {
            "id": uids,
            "text": texts,
            "url": pa.nulls(len(uids), pa.string()) if url is None else _lenient(_as_text(url)),
            **columns,
        }
    )
    keep = wanted & (problems == 0)
    kept = batch if keep.all() else batch.filter(pa.array(keep))
    if len(kept):
        yield kept


def _as_text(column: pa.Array) -> pa.Array:
    """large_string, whatever bytes it holds: Arrow does not check that strings in a Parquet file are UTF-8."""
    return column.cast(pa.large_binary()).view(pa.large_string())


def _succeeded(status: pa.Array | None, rows: int, reading: Reading) -> np.ndarray:
    """Which rows were downloaded; the others are counted by their status."""
    if status is None:
        return np.ones(rows, np.bool_)
    for entry in pc.call_function("value_counts", [status]).to_pylist():
        if entry["values"] != "success":
            reading.skipped[str(entry["values"])] += entry["counts"]
    return np.asarray(pc.call_function("equal", [status, pa.scalar("success", status.type)]).fill_null(False))


_PROBLEMS = ("", "uid is not 32 hex digits", "no caption", "caption is not UTF-8")


def _problems(uids: pa.Array, texts: pa.Array) -> np.ndarray:
    """What is wrong with each row: 0 for nothing, or the place in ``_PROBLEMS``."""
    found = np.zeros(len(uids), np.int8)
    found[np.asarray(~_are_utf8(texts))] = 3
    found[np.asarray(texts.is_null())] = 2
    readable = pc.call_function("if_else", [pa.array(_are_utf8(uids)), uids, pa.scalar("", uids.type)])
    found[~parse_uids(readable.fill_null(""))[1]] = 1
    return found


def _are_utf8(strings: pa.Array) -> np.ndarray:
    """Which strings are UTF-8."""
    try:
        strings.validate(full=True)
    except pa.ArrowInvalid:
        values: list[Any] = strings.cast(pa.large_binary()).to_pylist()
        return np.array([_is_utf8(value) for value in values], np.bool_)
    return np.ones(len(strings), np.bool_)


def _is_utf8(value: bytes | None) -> bool:
    try:
        (value or b"").decode()
    except UnicodeDecodeError:
        return False
    return True


def _shown(strings: pa.Array, row: int) -> str:
    value: Any = strings.slice(row, 1).cast(pa.large_binary())[0].as_py()
    return (value or b"").decode(errors="backslashreplace")


def _lenient(strings: pa.Array) -> pa.Array:
    """The same strings, with what is not UTF-8 replaced."""
    valid = _are_utf8(strings)
    if valid.all():
        return strings.cast(pa.string())
    values: list[Any] = strings.cast(pa.large_binary()).to_pylist()
    return pa.array([None if value is None else value.decode(errors="replace") for value in values], pa.string())
