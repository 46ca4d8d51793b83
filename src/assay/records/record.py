"""The record beside every artifact, and the identity it gives the artifact.

The id depends on the kind, the settings and the ids of the inputs; not on time, place, or number of workers.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from assay import __version__
from assay.base.errors import InputError
from assay.base.files import below, exists, open_bytes, write_bytes
from assay.base.fingerprint import fingerprint
from assay.base.settings import Settings

RECORD_NAME = "record.json"


def content_id(kind: str, config: dict[str, Any], inputs: list[str]) -> str:
    """The id of what ``kind`` makes with these settings from these inputs: 64 hex digits."""
    return fingerprint({"kind": kind, "config": config, "inputs": inputs})


class Output(Settings):
    """One file of an artifact."""

    path: str
    """Relative to the record's folder; a pool's raw files may be absolute paths or remote addresses."""
    bytes: int
    sha256: str
    rows: int | None = None
    """Documents, sequences or results in the file, where that has a meaning."""


class Record(Settings):
    """What an artifact was made from, by what, and what came out."""

    kind: str
    name: str
    """For people; not part of the identity."""
    id: str
    created: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    assay_version: str = __version__
    inputs: list[str] = []
    """Ids of the artifacts this one was made from."""
    sources: dict[str, str] = {}
    """Where each input was found (relative to this folder, or absolute): a hint, not part of the identity."""
    config: dict[str, Any] = {}
    outputs: list[Output] = []
    metrics: dict[str, Any] = {}
    environment: dict[str, Any] = {}

    def write(self, folder: Path) -> None:
        """Write ``record.json`` into the folder."""
        write_bytes(folder / RECORD_NAME, (self.model_dump_json(indent=1) + "\n").encode())


def read_record(folder: str | Path) -> Record:
    """The record of an artifact folder. InputError when there is none or it cannot be read."""
    path = below(folder, RECORD_NAME)
    if not exists(path):
        raise InputError(
            "is not an artifact of assay: it holds no record.json",
            where=folder,
            hint="give the --out folder of an earlier command",
        )
    try:
        with open_bytes(path) as file:
            return Record.model_validate(json.load(file))
    except (ValidationError, ValueError) as error:
        raise InputError(f"not a readable record: {error}", where=path) from error


def read_record_of(folder: str | Path, kind: str) -> Record:
    """The record of an artifact that must be of a given kind."""
    record = read_record(folder)
    if record.kind != kind:
        raise InputError(f"holds a {record.kind}, where a {kind} is needed", where=folder)
    return record
