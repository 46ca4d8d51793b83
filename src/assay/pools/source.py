"""The stored bytes of a pool file, local or remote."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from assay.base.errors import AssayError, MachineError
from assay.base.files import disk_error, open_bytes

_BLOCK = 1 << 18


class _Source(io.RawIOBase):
    """The stored bytes. Failures to read are MachineError, so that nobody takes them for a broken document."""

    def __init__(self, file: IO[bytes], path: str):
        self._file, self._path = file, path

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._call("read", len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._call("seek", offset, whence)

    def tell(self) -> int:
        return self._call("tell")

    def _call(self, method: str, *arguments: int) -> Any:
        try:
            return getattr(self._file, method)(*arguments)
        except AssayError:
            raise
        except Exception as error:  # remote file systems raise whatever their client library raises
            raise MachineError(
                f"could not be read: {error}", where=self._path, hint="run the same command again"
            ) from error


@contextmanager
def open_source(path: str) -> Iterator[io.BufferedReader]:
    """The stored bytes of a local or remote file. InputError when it is not there."""
    with open_bytes(path) as file:
        yield io.BufferedReader(_Source(file, path), _BLOCK)


@contextmanager
def open_seekable(path: str) -> Iterator[IO[bytes]]:
    """Like ``open_source``, for formats that are not read in order.

    Some web servers send files only from the start; those are copied to a temporary file first.
    """
    with open_bytes(path) as file:
        if _can_seek(file):
            yield io.BufferedReader(_Source(file, path), _BLOCK)
            return
    with open_source(path) as source, tempfile.TemporaryFile() as copy:
        try:
            shutil.copyfileobj(source, copy, _BLOCK)
            copy.seek(0)
        except OSError as error:
            raise disk_error(error, tempfile.gettempdir()) from error
        yield copy


def can_seek(path: str) -> bool:
    """Whether a file can be read from any point on. InputError when it is not there."""
    with open_bytes(path) as file:
        return _can_seek(file)


def _can_seek(file: IO[bytes]) -> bool:
    try:
        file.seek(0, os.SEEK_END)
        file.seek(0)
    except (OSError, ValueError):
        return False
    return True
