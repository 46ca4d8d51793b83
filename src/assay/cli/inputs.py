"""What several verbs read: a pool from files, or the folder of a pool artifact."""

from __future__ import annotations

from pathlib import Path

from assay.base.errors import InputError
from assay.base.settings import validate
from assay.pools.columns import Columns
from assay.pools.pool import describe_pool
from assay.records.record import RECORD_NAME, Record, read_record_of


def open_pool(paths: list[str], columns: list[str] | None = None) -> tuple[Record, Path | None]:
    """The record of a pool, and the folder that holds it (None when the pool is bare files)."""
    if len(paths) == 1 and (Path(paths[0]) / RECORD_NAME).exists():
        return read_record_of(paths[0], "pool"), Path(paths[0])
    return describe_pool(paths, column_names(columns)), None


def column_names(assignments: list[str] | None) -> Columns:
    """What ``--columns`` says. InputError when that is not of the form text=NAME."""
    pairs = [assignment.partition("=") for assignment in assignments or []]
    for column, equals, name in pairs:
        if not equals or not name:
            raise InputError(f"{column!r} is not of the form text=NAME", where="--columns")
    return validate(Columns, {column: name for column, _, name in pairs}, "--columns")
