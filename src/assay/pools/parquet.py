"""Parquet: a few hundred rows at a time. Columns of bytes (images, embeddings as bytes) are not read."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assay.base.errors import InputError
from assay.pools.batch import MAX_DOCUMENT, REST, TOO_LARGE, Row, rest_json, row_id
from assay.pools.columns import Columns, Mapping, resolve
from assay.pools.pool import PoolFile
from assay.pools.quarantine import EMPTY_FILE, Reading

_ROWS = 256
_BUFFER = 1 << 20
BROKEN = (pa.ArrowException, OSError, UnicodeDecodeError)


def read_rows(source: IO[bytes], columns: Columns, file: PoolFile, reading: Reading) -> Iterator[Row]:
    """The rows of a Parquet file, or of the row groups that begin in a part of it.

    What Arrow cannot read goes to ``reading``: the file (once, with its first part), or the rest of a row group.

    InputError when there is no text column, or when it does not hold text.
    """
    opened = open_table(source, reading if file.start == 0 else Reading(lambda bad: None))
    if opened is None:
        return
    table, names = opened
    mapping = resolve(columns, names, file.path)
    for first, batch in _batches(table, mapping, file, reading):
        for number, (id_, text, url, rest) in enumerate(_values(batch, mapping, file.path), first):
            problem = _problem(text)
            if problem:
                reading.bad(f"row {number}", problem, text or url or "")
            else:
                yield Row(row_id(id_, file.prefix, number), text, url, rest=rest_json(rest))


def open_table(source: IO[bytes], reading: Reading) -> tuple[pq.ParquetFile, list[str]] | None:
    """The file and the (dotted) names of its columns; None, told to ``reading``, when it cannot be read."""
    if not source.read(1):
        reading.bad("file", EMPTY_FILE)
        return None
    source.seek(0)
    try:
        table = pq.ParquetFile(source, buffer_size=_BUFFER)
        return table, [table.schema.column(index).path for index in range(len(table.schema))]
    except BROKEN as error:
        reading.bad("file", "not a readable Parquet file", str(error))
        return None


def _batches(
    table: pq.ParquetFile, mapping: Mapping, file: PoolFile, reading: Reading
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Batches, each with the number of its first row in the file, counted from 1."""
    named = {name.partition(".")[0] for name in (mapping.text, mapping.id, mapping.url) if name}
    names = [field.name for field in table.schema_arrow if field.name in named or not _holds_bytes(field.type)]
    end = 1
    for group in range(table.num_row_groups):
        row, end = end, end + table.metadata.row_group(group).num_rows
        if not file.is_whole and not begins_in(file, table, group):
            continue
        try:
            for batch in table.iter_batches(_ROWS, row_groups=[group], columns=names, use_threads=False):
                yield row, batch
                row += len(batch)
        except BROKEN as error:
            reading.bad(f"row group {group + 1}", "broken Parquet row group", str(error), rows=max(1, end - row))


def begins_in(file: PoolFile, table: pq.ParquetFile, group: int) -> bool:
    """Whether a row group begins in the part."""
    about = table.metadata.row_group(group)
    columns = [about.column(index) for index in range(about.num_columns)]
    begins = min((column.dictionary_page_offset or column.data_page_offset for column in columns), default=0)
    begins = max(0, min(begins, file.bytes - 1))  # a damaged file may name places that it does not have
    return file.start <= begins < (math.inf if file.end is None else file.end)


def _values(
    batch: pa.RecordBatch, mapping: Mapping, where: str
) -> Iterator[tuple[str | None, bytes | None, str | None, dict[str, Any]]]:
    """Id, text and url of each row, and what else it holds."""
    if mapping.text is None:
        raise InputError("rows without text are read from JSONL only", where=where)
    text = _column(batch, mapping.text)
    if not _holds_text(text.type):
        problem = f"the column {mapping.text!r} holds {text.type}, not text"
        raise InputError(problem, where=where, hint="--columns text=NAME")
    texts = text.cast(pa.large_binary()).to_pylist()
    return zip(_strings(batch, mapping.id), texts, _strings(batch, mapping.url), _rest(batch, mapping), strict=True)


def _rest(batch: pa.RecordBatch, mapping: Mapping) -> Iterator[dict[str, Any]]:
    """The columns that have no role; those of assay's own datasets as they were before they were written."""
    taken = (mapping.text, mapping.id, mapping.url)
    for row in batch.select([name for name in batch.schema.names if name not in taken]).to_pylist():
        inner = row.pop(REST, None)
        yield {name: value for name, value in row.items() if value is not None} | (json.loads(inner) if inner else {})


def _problem(text: bytes | None) -> str | None:
    """What is wrong with a text. Arrow does not check that strings in a Parquet file are UTF-8."""
    if text is None:
        return "no text"
    if len(text) > MAX_DOCUMENT:
        return TOO_LARGE
    try:
        text.decode()
    except UnicodeDecodeError:
        return "not UTF-8"
    return None


def _column(batch: pa.RecordBatch, name: str) -> pa.Array:
    if name in batch.schema.names:
        return batch.column(name)
    outer, *inner = name.split(".")
    return pc.call_function("struct_field", [batch.column(outer)], pc.StructFieldOptions(inner))


def _strings(batch: pa.RecordBatch, name: str | None) -> list[str | None]:
    """A column of strings or whole numbers as Python strings; None for anything else."""
    column = _column(batch, name) if name else None
    if column is not None and pa.types.is_integer(column.type):
        column = column.cast(pa.string())
    if column is None or not _holds_text(column.type):
        return [None] * len(batch)
    values: list[Any] = column.cast(pa.large_binary()).to_pylist()
    return [value.decode(errors="replace") if value else None for value in values]


def _holds_bytes(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)


def _holds_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return kind in (pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary())
