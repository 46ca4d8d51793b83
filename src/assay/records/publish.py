"""An artifact at a remote address (S3, or whatever else fsspec writes to): sent from its local draft, its record last.

An address that has no ``record.json`` holds nothing that is whole. What is coming says ``unfinished.json``, which is
sent before any work is done, so that an address that cannot be written is found out at once.

A file that was sent is not sent again as long as the draft remembers it with its sha256, and it lies there with the
size and the tag (or time) that it had when it had arrived.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from assay.base.errors import InputError, MachineError
from assay.base.files import below, exists, filesystem, open_bytes, remote_errors, stat
from assay.base.fingerprint import file_sha256
from assay.base.progress import progress
from assay.records.record import RECORD_NAME, Record

UNFINISHED = "unfinished.json"
_SENT = "sent.jsonl"
_AGAIN = "run the same command again; what was sent is kept"


def claim(address: str, coming: dict[str, str], work: Path) -> None:
    """Say at an address what is coming: its ``kind``, ``name`` and ``id``.

    InputError when something else is coming there; MachineError when the address cannot be written.
    """
    marker = str(below(address, UNFINISHED))
    there = _read_marker(marker)
    if there is None:
        (work / UNFINISHED).write_text(json.dumps(coming))
        _put(work / UNFINISHED, marker)
    elif there.get("id") != coming["id"]:
        raise InputError(
            f"holds a part of something else, as its {UNFINISHED} says: {there.get('kind')} {there.get('name')}",
            where=address,
            hint="choose another --out, or remove what is there first",
        )


def _read_marker(marker: str) -> dict[str, str] | None:
    """What is coming; None when nothing is, or the marker itself was cut off."""
    if not exists(marker):
        return None
    with open_bytes(marker) as file, suppress(ValueError):
        return json.load(file)
    return None


def publish(draft: Path, record: Record, address: str, work: Path) -> None:
    """Send the files of a draft to an address, then its record. ``work`` is the folder in it that is not sent."""
    hashes = {output.path: output.sha256 for output in record.outputs}
    sizes = {path: path.stat().st_size for path in sorted(draft.rglob("*")) if _belongs(path, draft, work)}
    known = _sent(work / _SENT)
    with (
        progress(f"sending to {address}", sum(sizes.values()) / 1e6, "MB") as bar,
        open(work / _SENT, "a", encoding="utf-8") as sent,
    ):
        for path, size in sizes.items():
            name = path.relative_to(draft).as_posix()
            file = {"to": str(below(address, name)), "sha256": hashes.get(name) or file_sha256(str(path))}
            if not _is_there(file, known.get(file["to"])):
                sent.write(json.dumps(file | _put(path, file["to"])) + "\n")
                sent.flush()
            bar.advance(size / 1e6)
    record.write(draft)
    _put(draft / RECORD_NAME, str(below(address, RECORD_NAME)))
    _remove(str(below(address, UNFINISHED)))


def _belongs(path: Path, draft: Path, work: Path) -> bool:
    """Whether it is a file to be sent before the record."""
    return path.is_file() and path != draft / RECORD_NAME and not path.is_relative_to(work)


def _sent(path: Path) -> dict[str, dict[str, Any]]:
    """What this draft remembers of the files that it sent, by their address."""
    files: dict[str, dict[str, Any]] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        with suppress(ValueError):  # a line that was cut by a kill
            file = json.loads(line)
            files[file["to"]] = file
    return files


def _is_there(file: dict[str, str], known: dict[str, Any] | None) -> bool:
    """Whether a file was sent, and is still as it was when it had arrived."""
    with remote_errors(file["to"], "could not be read"), suppress(FileNotFoundError):
        return known is not None and known == file | stat(file["to"])
    return False


def _put(path: Path, address: str) -> dict[str, Any]:
    """Send a file; returns what ``stat`` says of it there."""
    files, name = filesystem(address)
    try:
        with remote_errors(address, "could not be written", _AGAIN):
            files.put_file(str(path), name)
            found = stat(address)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise InputError(f"there is no such place: {error}", where=address, hint="make the bucket first") from error
    if found["bytes"] != path.stat().st_size:
        raise MachineError(f"arrived with {found['bytes']} bytes of {path.stat().st_size}", where=address, hint=_AGAIN)
    return found


def _remove(address: str) -> None:
    files, name = filesystem(address)
    with remote_errors(address, "could not be removed"), suppress(FileNotFoundError):
        files.rm_file(name)
