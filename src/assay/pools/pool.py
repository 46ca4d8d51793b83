"""The record of a pool: which files it is made of, by content."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.base.errors import AssayError, InputError, MachineError
from assay.base.files import below, exists, expand, is_remote, is_web, place, stat
from assay.base.progress import Progress, progress
from assay.pools.columns import Columns
from assay.pools.formats import SUFFIXES, format_of
from assay.pools.source import open_source
from assay.records.artifact import environment
from assay.records.record import RECORD_NAME, Output, Record, content_id

_BLOCK = 1 << 20
_PREFIX = 12
MANIFEST = "manifest.jsonl"
"""In the folder of a fetched pool: what its files are and where they came from. No candidates."""


@dataclass(frozen=True)
class PoolFile:
    """One file of a pool."""

    index: int
    """Its place among the files, or among the parts of files, that are read."""
    path: str
    """Absolute path or remote address."""
    sha256: str
    bytes: int
    prefix: str
    """Starts the ids of rows that have none of their own: different for every file of the pool."""
    start: int = 0
    end: int | None = None
    """The part to read: what begins at byte ``start`` or later, and before ``end``. See ``parts.py``."""

    @property
    def size(self) -> int:
        """Bytes to read."""
        return (self.bytes if self.end is None else self.end) - self.start

    @property
    def is_whole(self) -> bool:
        """Whether this is all of the file."""
        return self.start == 0 and self.end is None


def describe_pool(patterns: Iterable[str], columns: Columns, known: Record | None = None) -> Record:
    """The record of the pool that paths, globs, folders and remote addresses name, with the sha256 of every file.

    ``known`` is an earlier record: files whose size and stamp are as they were then are not hashed again.
    InputError when a pattern names nothing or a file's format is not known.
    """
    paths = [path for pattern in patterns for path in _raw_files(pattern)]
    paths = list(dict.fromkeys(paths))
    for path in paths:
        format_of(path)
    return describe_files(paths, columns, known)


def describe_files(paths: list[str], columns: Columns, known: Record | None = None) -> Record:
    """The same for files that are a pool whatever their names say."""
    stamps = {path: _stat(path) for path in paths}
    outputs = _still_known(known, stamps) if known else {}
    _hash_into(outputs, [path for path in paths if path not in outputs], stamps)
    config = pool_config([outputs[path] for path in paths], columns)
    return Record(
        kind="pool",
        name=config["files"][0]["name"] + (f" and {len(paths) - 1} more" if len(paths) > 1 else ""),
        id=content_id("pool", config, []),
        config=config,
        outputs=[outputs[path] for path in paths],
        metrics={"stamps": {path: stamps[path]["stamp"] for path in paths}},
        environment=environment(),
    )


def _raw_files(pattern: str) -> list[str]:
    """The files that a pattern names; of a folder, not those in artifacts of assay below it."""
    paths = [path if is_remote(path) else os.path.abspath(path) for path in expand([pattern], SUFFIXES)]
    if is_remote(pattern) or not os.path.isdir(pattern):
        return paths
    made = [folder for folder in map(str, Path(os.path.abspath(pattern)).rglob("*")) if _is_artifact(folder)]
    found = [path for path in paths if not path.startswith(tuple(folder + os.sep for folder in made))]
    if not found:
        raise InputError("holds nothing but artifacts of assay", where=pattern, hint="name the raw files")
    return found


def _is_artifact(folder: str) -> bool:
    return os.path.exists(os.path.join(folder, RECORD_NAME)) or ".partial-" in os.path.basename(folder)


def artifact_named(paths: list[str]) -> str | Path | None:
    """The folder of the artifact that is all that these paths name; None when they name raw files."""
    if len(paths) != 1 or is_web(paths[0]):
        return None
    folder = place(paths[0])
    return folder if exists(below(folder, RECORD_NAME)) else None


def pool_files(record: Record, folder: str | Path | None = None) -> list[PoolFile]:
    """The files of a pool, in its order. Give the record's folder when its files lie there, as in an embedded pool."""
    seen: Counter[str] = Counter()
    files = []
    for index, output in enumerate(output for output in record.outputs if output.path != MANIFEST):
        path = output.path if folder is None else str(below(folder, output.path))
        start = output.sha256[:_PREFIX]
        seen[start] += 1
        prefix = start if seen[start] == 1 else f"{start}.{seen[start]}"
        files.append(PoolFile(index, path, output.sha256, output.bytes, prefix))
    return files


def pool_columns(record: Record) -> Columns:
    """The column names with which the pool was described."""
    return Columns.model_validate(record.config["columns"])


def pool_config(files: Iterable[Output], columns: Columns) -> dict[str, Any]:
    """What makes the identity of a pool: its files by name and content, not where they lie."""
    entries = [{"name": file.path.rsplit("/", 1)[-1], "bytes": file.bytes, "sha256": file.sha256} for file in files]
    return {"files": entries, "columns": columns.model_dump()}


def _stat(path: str) -> dict[str, Any]:
    try:
        return stat(path)
    except FileNotFoundError as error:
        why = f": {error.__cause__}" if error.__cause__ else ""  # such as what a web server answered
        raise InputError(f"no such file{why}", where=path) from error
    except AssayError:
        raise
    except Exception as error:  # remote file systems raise whatever their client library raises
        raise MachineError(
            f"could not be read: {error}", where=path, hint="check the address and the network"
        ) from error


def _still_known(known: Record, stamps: dict[str, dict[str, Any]]) -> dict[str, Output]:
    old = known.metrics.get("stamps", {})
    return {
        output.path: output
        for output in known.outputs
        if stamps.get(output.path) == {"bytes": output.bytes, "stamp": old.get(output.path)} and old[output.path]
    }


def _hash_into(outputs: dict[str, Output], paths: list[str], stamps: dict[str, dict[str, Any]]) -> None:
    megabytes = sum(stamps[path]["bytes"] or 0 for path in paths) / 1e6
    with progress("reading the pool", megabytes, "MB") as shown:
        for path in paths:
            outputs[path] = _hash(path, shown)


def _hash(path: str, shown: Progress) -> Output:
    digest, size = hashlib.sha256(), 0
    with open_source(path) as source:
        while block := source.read(_BLOCK):
            digest.update(block)
            size += len(block)
            shown.advance(len(block) / 1e6)
    return Output(path=path, bytes=size, sha256=digest.hexdigest())
