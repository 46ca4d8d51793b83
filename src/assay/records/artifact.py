"""Making an artifact: its folder appears under its name only when complete; a killed run goes on where it was.

Where the name is a remote address, the artifact is made in a local folder and sent at the end (``publish.py``).

identity = Identity("dataset", "heuristics", config, inputs={pool.id: pool_folder})
record = finished(out, identity)
if record is None:
    with build(out, identity) as draft:
        (draft.folder / "part.txt").write_text("...")
"""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from assay.base.errors import InputError
from assay.base.files import below, cache_folder, disk_error, exists, is_remote, is_vacant, is_web, remove_unfinished
from assay.base.fingerprint import file_sha256
from assay.base.parallel import cpu_count
from assay.base.progress import log
from assay.records.publish import UNFINISHED, claim, publish
from assay.records.record import RECORD_NAME, Output, Record, content_id, read_record

WORK_FOLDER = "work"
_PACKAGES = ("numpy", "pyarrow", "numba", "torch", "tokenizers", "fastokens", "fastwarc", "resiliparse")


@dataclass(frozen=True)
class Identity:
    """What an artifact is, before it is made."""

    kind: str
    name: str
    config: dict[str, Any]
    inputs: Mapping[str, str | Path] = field(default_factory=dict)
    """Ids of the inputs, in order, and where they lie."""

    @property
    def id(self) -> str:
        """The content id."""
        return content_id(self.kind, self.config, list(self.inputs))


@dataclass
class Draft:
    """An artifact in the making: write files below ``folder``; scratch files go below ``work``."""

    folder: Path
    identity: Identity
    """To be replaced where it is known only at the end what was made, as of files that come from elsewhere."""
    rows: dict[str, int] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    """The sha256 of files that are large and were hashed on the way; the others are hashed at the end."""
    metrics: dict[str, Any] = field(default_factory=dict)

    @property
    def work(self) -> Path:
        """A folder for what is needed only while building; it is kept when the run is killed, removed at the end."""
        return self.folder / WORK_FOLDER


def finished(out: str | Path, identity: Identity) -> Record | None:
    """The record when ``out`` already holds this very artifact, None when there is nothing there.

    InputError when ``out`` holds something else: assay never overwrites.
    """
    record = existing(out)
    if record is None or record.id == identity.id:
        return record
    raise taken(out, record)


def existing(out: str | Path) -> Record | None:
    """The record in ``out``, None when there is nothing. InputError when there is something else than an artifact."""
    if is_web(out):
        raise InputError("is an address of the web, which can only be read", where=out, hint="choose another --out")
    if exists(below(out, RECORD_NAME)):
        return read_record(out)
    if is_vacant(out) or (is_remote(out) and exists(below(out, UNFINISHED))):
        return None
    raise InputError("exists and is not an artifact of assay", where=out, hint="choose another --out")


def taken(out: str | Path, record: Record) -> InputError:
    """The error for a place that holds another artifact."""
    return InputError(
        f"holds another {record.kind} ({record.name}, id {record.id[:12]})",
        where=out,
        hint="choose another --out, or remove that folder first",
    )


def partial_folder(out: str | Path, identity: Identity, work: Path | None = None) -> Path:
    """Where the artifact is being made: beside ``out``; when that is remote, below ``work`` or the user's cache."""
    partial = f".partial-{identity.id[:12]}"
    if is_remote(out):
        return (work or cache_folder() / "drafts") / f"{identity.kind}{partial}"
    return Path(out).with_name(Path(out).name + partial)


@contextmanager
def build(out: str | Path, identity: Identity, work: Path | None = None) -> Iterator[Draft]:
    """Make an artifact. When the block ends without an error, outputs are hashed, recorded, and the folder is renamed.

    After an error or a kill the partial folder stays, and the next ``build`` of the same identity continues in it.
    For a remote ``out`` it lies below ``work`` (by default the user's cache), and is removed when everything is sent.
    """
    draft = Draft(partial_folder(out, identity, work), identity)
    try:
        draft.work.mkdir(parents=True, exist_ok=True)
        with _alone(draft, out):
            remove_unfinished(draft.folder)
            if is_remote(out):
                log(f"{out}: made in {draft.folder}, then sent")
                claim(str(out), {"kind": identity.kind, "name": identity.name, "id": identity.id}, draft.work)
                yield draft
                publish(draft.folder, _record(draft, out), str(out), draft.work)
                shutil.rmtree(draft.folder)
            else:
                yield draft
                _put_in_place(draft, Path(out))
    except OSError as error:
        raise disk_error(error, error.filename or draft.folder) from error


def _put_in_place(draft: Draft, out: Path) -> None:
    shutil.rmtree(draft.work)
    _record(draft, out).write(draft.folder)
    if out.exists():
        out.rmdir()
    os.rename(draft.folder, out)


@contextmanager
def _alone(draft: Draft, out: str | Path) -> Iterator[None]:
    """Hold a lock that the system releases when this process ends, however it ends."""
    with open(draft.work / "lock", "wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError("is being made by another command", where=out, hint="wait until that has ended") from error
        yield


def is_being_made(partial: Path) -> bool:
    """Whether a process is at work in a partial folder."""
    try:
        with open(partial / WORK_FOLDER / "lock", "rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        pass
    return False


def _record(draft: Draft, out: str | Path) -> Record:
    files, identity = own_files(draft.folder), draft.identity
    return Record(
        kind=identity.kind,
        name=identity.name,
        id=identity.id,
        inputs=list(identity.inputs),
        sources={id_: _hint(path, out) for id_, path in identity.inputs.items()},
        config=identity.config,
        outputs=[_output(path, draft) for path in files],
        metrics=draft.metrics,
        environment=environment(),
    )


def own_files(folder: Path) -> list[Path]:
    """The files of an artifact, by name; artifacts nested in it answer for their own, scratch files do not count."""
    nested = [record.parent for record in folder.rglob(RECORD_NAME) if record.parent != folder]
    outside = [*nested, folder / WORK_FOLDER]
    files = (
        path
        for path in folder.rglob("*")
        if path.is_file() and path != folder / RECORD_NAME and not any(map(path.is_relative_to, outside))
    )
    return sorted(files, key=str)  # as ``expand`` sorts the files of a folder


def _output(path: Path, draft: Draft) -> Output:
    name = path.relative_to(draft.folder).as_posix()
    sha256 = draft.hashes.get(name) or file_sha256(str(path))
    return Output(path=name, bytes=path.stat().st_size, sha256=sha256, rows=draft.rows.get(name))


def _hint(source: str | Path, out: str | Path) -> str:
    """Where an input is found, seen from the artifact; absolute where the two are not on one file system."""
    if is_remote(source):
        return str(source).removeprefix(f"{out}/")
    return os.path.abspath(source) if is_remote(out) else os.path.relpath(source, os.path.abspath(out))


def environment() -> dict[str, Any]:
    """The machine and the versions of the packages that decide results."""
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "cpus": cpu_count(),
        "packages": versions,
    }
