"""Is an artifact still what its record says, back to the raw files?"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assay.base.errors import AssayError
from assay.base.files import below, exists, find_remote, is_remote
from assay.base.fingerprint import file_sha256
from assay.records.artifact import own_files
from assay.records.publish import UNFINISHED
from assay.records.record import RECORD_NAME, Output, Record, content_id, read_record


@dataclass(frozen=True)
class Finding:
    """The state of one file or record."""

    artifact: str
    """Folder of the artifact."""
    path: str
    state: Literal["same", "changed", "missing", "unlisted"]
    detail: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong here."""
        return self.state == "same"


def verify(folders: Iterable[str | Path]) -> Iterator[Finding]:
    """Check artifacts and everything they were made from, each once; yields a finding for each file and each record."""
    seen: set[str] = set()
    waiting = list(folders)
    while waiting:
        folder = _normal(waiting.pop())
        record = read_record(folder)
        if str(folder) in seen:
            continue
        seen.add(str(folder))
        yield _check_record(folder, record)
        yield from (_check_output(folder, output) for output in record.outputs)
        yield from _unlisted(folder, record)
        for id_ in record.inputs:
            source = _normal(below(folder, record.sources.get(id_, "")))
            problem = _check_source(folder, source, id_)
            if problem:
                yield problem
            else:
                waiting.append(source)


def _normal(folder: str | Path) -> str | Path:
    return below(folder, "") if is_remote(folder) else Path(os.path.normpath(folder))


def _check_record(folder: str | Path, record: Record) -> Finding:
    same = content_id(record.kind, record.config, record.inputs) == record.id
    detail = "" if same else "the id does not follow from kind, config and inputs"
    return Finding(str(folder), RECORD_NAME, "same" if same else "changed", detail)


def _check_output(folder: str | Path, output: Output) -> Finding:
    try:
        same = file_sha256(str(below(folder, output.path))) == output.sha256
    except AssayError as error:
        return Finding(str(folder), output.path, "missing", error.message)
    detail = "" if same else f"its sha256 is not {output.sha256[:12]}…"
    return Finding(str(folder), output.path, "same" if same else "changed", detail)


def _unlisted(folder: str | Path, record: Record) -> Iterator[Finding]:
    """Files in an artifact that its record does not know."""
    listed = {output.path for output in record.outputs}
    for name in _own_names(folder):
        if name not in listed:
            yield Finding(str(folder), name, "unlisted", "not in the record")


def _own_names(folder: str | Path) -> list[str]:
    """The files of an artifact, as ``own_files`` finds them, local or remote."""
    if not is_remote(folder):
        return [path.relative_to(folder).as_posix() for path in own_files(Path(folder))]
    names = set(find_remote(str(folder))) - {RECORD_NAME, UNFINISHED}
    nested = tuple(name.removesuffix(RECORD_NAME) for name in names if name.endswith(f"/{RECORD_NAME}"))
    return sorted(name for name in names if not name.startswith(nested))


def _check_source(folder: str | Path, source: str | Path, id_: str) -> Finding | None:
    if source == folder or not exists(below(source, RECORD_NAME)):
        return Finding(str(folder), str(source), "missing", f"the input {id_[:12]} is not there")
    found = read_record(source).id
    if found != id_:
        return Finding(str(folder), str(source), "changed", f"holds {found[:12]}, the record says {id_[:12]}")
    return None
