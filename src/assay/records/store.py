"""A store is just a folder: find the records below it, and query them as a table."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from assay.base.errors import InputError
from assay.base.files import below, find_remote, is_remote
from assay.records.record import RECORD_NAME, Record, read_record

_COLUMNS = "kind VARCHAR, name VARCHAR, id VARCHAR, created VARCHAR, folder VARCHAR, config JSON, metrics JSON"


def find_records(folders: Iterable[str | Path]) -> Iterator[tuple[str | Path, Record]]:
    """Every finished artifact at or below the folders, local or remote, in path order."""
    for root in folders:
        for folder in _remote_artifacts(str(root)) if is_remote(root) else _artifacts(root):
            yield folder, read_record(folder)


def _artifacts(root: str | Path) -> Iterator[Path]:
    if not Path(root).is_dir():
        raise InputError("no such folder", where=root)
    for folder, subfolders, files in os.walk(root):
        subfolders[:] = sorted(name for name in subfolders if ".partial-" not in name)
        if RECORD_NAME in files:
            yield Path(folder)


def _remote_artifacts(root: str) -> list[str | Path]:
    found = sorted(map(PurePosixPath, find_remote(root)))
    if not found:
        raise InputError("there is nothing", where=root)
    return [below(root, path.parent) for path in found if path.name == RECORD_NAME]


def query(folders: Iterable[str | Path], where: str = "true") -> list[dict[str, Any]]:
    """The records for which a SQL condition holds, oldest first.

    Columns: kind, name, id, created, folder, and the JSON columns config and metrics
    (for example ``kind = 'run' AND config->>'$.seed' = '0'``). InputError when the condition is not valid SQL.
    """
    import duckdb

    names = [column.split()[0] for column in _COLUMNS.split(", ")]
    rows = [_row(folder, record) for folder, record in find_records(folders)]
    with duckdb.connect() as database:
        database.execute(f"CREATE TABLE records ({_COLUMNS})")
        if rows:
            database.executemany(f"INSERT INTO records VALUES ({', '.join('?' * len(names))})", rows)
        database.execute("SET enable_external_access = false")
        try:
            found = database.execute(f"SELECT * FROM records WHERE {where} ORDER BY created, folder").fetchall()
        except duckdb.Error as error:
            raise InputError(
                str(error).splitlines()[0], where="--where", hint=f"columns: {', '.join(names)}"
            ) from error
    return [dict(zip(names, row, strict=True)) | _parsed(row, names) for row in found]


def _row(folder: str | Path, record: Record) -> tuple[str, ...]:
    return (
        record.kind,
        record.name,
        record.id,
        record.created,
        str(folder),
        json.dumps(record.config),
        json.dumps(record.metrics),
    )


def _parsed(row: tuple[Any, ...], names: list[str]) -> dict[str, Any]:
    return {name: json.loads(value) for name, value in zip(names, row, strict=True) if name in ("config", "metrics")}
