"""Files, local or remote (any fsspec address: s3://, https://), read as streams and written whole or not at all."""

from __future__ import annotations

import errno
import glob
import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from assay.base.errors import AssayError, InputError, MachineError, missing_package

_REMOTE_EXTRA = "remote"
_GLOB_CHARACTERS = frozenset("*?[")


def is_remote(path: str | Path) -> bool:
    """Whether the address names a file system other than the local one."""
    return "://" in str(path) and not str(path).startswith("file://")


def filesystem(path: str) -> tuple[Any, str]:
    """The fsspec file system of an address, and the file's name in it."""
    import fsspec

    try:
        return fsspec.core.url_to_fs(path)
    except ImportError as error:
        raise missing_package(error.name or "s3fs", _REMOTE_EXTRA, f"reading {path}") from error
    except ValueError as error:
        raise InputError(str(error), where=path) from error


@contextmanager
def open_bytes(path: str | Path) -> Iterator[IO[bytes]]:
    """Open for reading, as the bytes stored (nothing is decompressed). InputError when it is not there."""
    path = str(path)
    try:
        if is_remote(path):
            files, inner = filesystem(path)
            with files.open(inner, "rb") as file:
                yield file
        else:
            with open(path.removeprefix("file://"), "rb") as file:
                yield file
    except FileNotFoundError as error:
        raise InputError("no such file", where=path) from error
    except IsADirectoryError as error:
        raise InputError("is a folder, not a file", where=path) from error
    except PermissionError as error:
        raise InputError("no permission to read", where=path) from error


def stat(path: str) -> dict[str, Any]:
    """What tells cheaply whether a file changed: its size, and its modification time or remote tag."""
    if not is_remote(path):
        found = os.stat(path.removeprefix("file://"))
        return {"bytes": found.st_size, "stamp": str(found.st_mtime_ns)}
    files, inner = filesystem(path)
    info = files.info(inner)
    stamp = next((str(info[key]) for key in ("ETag", "LastModified", "mtime") if info.get(key)), "")
    return {"bytes": info.get("size"), "stamp": stamp}


def expand(patterns: Iterable[str | Path], suffixes: tuple[str, ...] = ()) -> list[str]:
    """The files that paths, globs and folders name, sorted within each, without repeats.

    A folder means every file below it whose name ends with one of ``suffixes``. InputError when one names nothing.
    """
    found: dict[str, None] = {}
    for pattern in map(str, patterns):
        matches = _expand_one(pattern, suffixes)
        if not matches:
            known = f" of a format that assay reads ({', '.join(suffixes[:8])} …)" if Path(pattern).is_dir() else ""
            raise InputError(f"names no file{known}", where=pattern, hint="check the path")
        found.update(dict.fromkeys(matches))
    return list(found)


def _expand_one(pattern: str, suffixes: tuple[str, ...]) -> list[str]:
    if is_remote(pattern):
        try:
            return _expand_remote(pattern, suffixes)
        except AssayError:
            raise
        except Exception as error:  # remote file systems raise whatever their client library raises
            hint = "check the address, the credentials and the network"
            raise MachineError(f"could not be listed: {error}", where=pattern, hint=hint) from error
    path = Path(pattern.removeprefix("file://")).expanduser()
    if path.is_dir():
        files = (str(file) for file in path.rglob("*") if file.is_file())
        return sorted(file for file in files if not suffixes or file.endswith(suffixes))
    if path.exists():
        return [str(path)]
    return sorted(file for file in glob.glob(str(path), recursive=True) if os.path.isfile(file))


def _expand_remote(pattern: str, suffixes: tuple[str, ...]) -> list[str]:
    there, inner = filesystem(pattern)
    if _GLOB_CHARACTERS & set(inner):
        return sorted(map(there.unstrip_protocol, there.glob(inner)))
    if pattern.startswith(("http://", "https://")):
        return [pattern]
    if there.isdir(inner):
        files = map(there.unstrip_protocol, there.find(inner))
        return sorted(file for file in files if not suffixes or file.endswith(suffixes))
    return [pattern] if there.exists(inner) else []


@contextmanager
def atomic_write(path: str | Path) -> Iterator[IO[bytes]]:
    """Open a local file for writing; it appears under its name only when the block ends without an error."""
    path = Path(path)
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}.partial")  # other machines may write to this folder too
    try:
        with open(partial, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        raise disk_error(error, path) from error
    finally:
        partial.unlink(missing_ok=True)


def remove_unfinished(folder: Path) -> None:
    """Remove what writers that were killed left below a folder."""
    for leftover in folder.rglob(".*.partial"):
        leftover.unlink(missing_ok=True)


def write_bytes(path: str | Path, data: bytes) -> None:
    """Write a small file atomically."""
    with atomic_write(path) as file:
        file.write(data)


def disk_error(error: OSError, path: str | Path) -> MachineError:
    """What to tell the user when the operating system refuses a write."""
    hints = {
        errno.ENOSPC: "free some space",
        errno.EDQUOT: "free some space",
        errno.EFBIG: "free some space, or raise the limit on the size of files",
    }
    return MachineError(
        f"could not be written: {error.strerror or error}",
        where=path,
        hint=f"{hints.get(error.errno or 0, 'choose another --out')}, then run the same command again; "
        "finished parts are kept",
    )
