"""Files, local or remote (any fsspec address: s3://, https://), read as streams and written whole or not at all."""

from __future__ import annotations

import errno
import glob
import os
import posixpath
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath
from typing import IO, Any

from assay.base.errors import AssayError, InputError, MachineError, missing_package

_REMOTE_PACKAGES = frozenset({"s3fs", "aiohttp", "requests"})
"""What the extra ``remote`` installs."""
_CHECK = "check the address, the credentials and the network"
_STAMPS = ("ETag", "etag", "LastModified", "last_modified", "updated", "mtime", "created")
"""What fsspec's file systems call a file's tag, or else the time of its last change."""
_GLOB_CHARACTERS = frozenset("*?[")


def is_remote(path: str | PurePath) -> bool:
    """Whether the address names a file system other than the local one."""
    return "://" in str(path) and not str(path).startswith("file://")


def is_web(path: str | PurePath) -> bool:
    """Whether it is an address of a web server, from which files can be read, but not listed."""
    return str(path).startswith(("http://", "https://"))


def cache_folder() -> Path:
    """Where assay keeps what it can make again; RuntimeError when the user has no home."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "assay"


def place(name: str) -> str | Path:
    """What a user typed: a remote address as it is, anything else as a local path."""
    return name.rstrip("/") if is_remote(name) else Path(name.removeprefix("file://"))


def below(folder: str | Path, name: str | PurePath) -> str | Path:
    """A file or folder in a folder, local or remote; ``name`` itself where it is absolute or an address."""
    if is_remote(name) or os.path.isabs(name):
        return place(str(name))
    if not is_remote(folder):
        return Path(folder) / name
    scheme, _, inner = str(folder).partition("://")
    return f"{scheme}://{posixpath.normpath(posixpath.join(inner, name))}"


def filesystem(path: str) -> tuple[Any, str]:
    """The fsspec file system of an address, and the file's name in it."""
    import fsspec

    try:
        return fsspec.core.url_to_fs(path)
    except ImportError as error:
        raise _no_filesystem(path, error) from error
    except ValueError as error:
        raise InputError(str(error), where=path) from error


def _no_filesystem(path: str, error: ImportError) -> MachineError:
    missing = getattr(error.__cause__, "name", None) or error.name or "s3fs"
    if missing in _REMOTE_PACKAGES:
        return missing_package(missing, "remote", f"the address {path}")
    return MachineError(f"the address {path} needs the package {missing!r}", hint=f"pip install {missing}")


@contextmanager
def remote_errors(path: str | Path, failed: str, hint: str = _CHECK) -> Iterator[None]:
    """Raise what a remote file system fails with, which may be any exception of its client library, as MachineError."""
    try:
        yield
    except (AssayError, FileNotFoundError, IsADirectoryError):
        raise
    except Exception as error:
        raise MachineError(f"{failed}: {error}", where=path, hint=hint) from error


@contextmanager
def open_bytes(path: str | Path) -> Iterator[IO[bytes]]:
    """Open for reading, as the bytes stored (nothing is decompressed). InputError when it is not there."""
    path = str(path)
    try:
        with _open(path) as file:
            yield file
    except FileNotFoundError as error:
        raise InputError("no such file", where=path) from error
    except IsADirectoryError as error:
        raise InputError("is a folder, not a file", where=path) from error
    except PermissionError as error:
        raise InputError("no permission to read", where=path) from error


def _open(path: str) -> IO[bytes]:
    if not is_remote(path):
        return open(path.removeprefix("file://"), "rb")
    files, inner = filesystem(path)
    with remote_errors(path, "could not be read"):
        return files.open(inner, "rb")


def exists(path: str | Path) -> bool:
    """Whether a file or folder is there, local or remote."""
    if not is_remote(path):
        return os.path.exists(path)
    files, inner = filesystem(str(path))
    with remote_errors(path, "could not be read"):
        return files.exists(inner)


def is_vacant(folder: str | Path) -> bool:
    """Whether there is nothing in a folder, local or remote, or no such folder."""
    if not is_remote(folder):
        return not os.path.exists(folder) or (os.path.isdir(folder) and not os.listdir(folder))
    files, inner = filesystem(str(folder))
    with remote_errors(folder, "could not be listed"), suppress(FileNotFoundError):
        files.invalidate_cache()
        entries = files.ls(inner, detail=False)
        # S3 may hold an empty file that stands for the folder.
        return all(entry.rstrip("/") == inner.rstrip("/") for entry in entries)
    return True


def stat(path: str) -> dict[str, Any]:
    """What tells cheaply whether a file changed: its size, and its modification time or remote tag."""
    if not is_remote(path):
        found = os.stat(path.removeprefix("file://"))
        return {"bytes": found.st_size, "stamp": str(found.st_mtime_ns)}
    files, inner = filesystem(path)
    info = files.info(inner)
    stamp = next((str(info[key]) for key in _STAMPS if info.get(key)), "")
    return {"bytes": info.get("size"), "stamp": stamp}


def find_remote(folder: str) -> list[str]:
    """The files that lie below a remote folder now, sorted, by their path in it."""
    files, inner = filesystem(folder)
    start = inner.rstrip("/") + "/"
    with remote_errors(folder, "could not be listed"), suppress(FileNotFoundError):
        files.invalidate_cache()
        return [name.removeprefix(start) for name in files.find(inner) if len(name) > len(start)]
    return []


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
        with remote_errors(pattern, "could not be listed"), suppress(FileNotFoundError):
            return _expand_remote(pattern, suffixes)
        return []
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
    if is_web(pattern):
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
