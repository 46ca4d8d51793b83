"""Runs from files: a table, the published testbed's folder as it is, or a folder of assay's own run records."""

from __future__ import annotations

from pathlib import Path

from assay.base.errors import InputError
from assay.scaling.published import find_published, read_published
from assay.scaling.records import read_records
from assay.scaling.runs import Runs
from assay.scaling.tables import SUFFIXES, read_table


def read_runs(path: str | Path) -> Runs:
    """The runs in a file or folder.

    A file is CSV, Parquet or JSONL (``tables.py`` says which columns). A folder is the published repository or its
    ``exp_data``, or holds assay's run records at any depth. InputError says what is missing.
    """
    path = Path(path)
    if path.is_file():
        return read_table(path)
    if not path.is_dir():
        raise InputError("no such file or folder", where=path)
    published = find_published(path)
    if published is not None:
        return read_published(published)
    runs = read_records(path)
    if runs is None:
        hint = f"give a table ({', '.join(SUFFIXES)}), the published exp_data folder, or a folder of assay's runs"
        raise InputError("holds neither models/*.json of the published testbed nor run records", where=path, hint=hint)
    return runs
