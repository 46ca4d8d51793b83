"""Files elsewhere, to be copied here: how large they are, and their bytes from any point on.

Web servers are read with requests, everything else that fsspec knows (S3, a mounted folder) with fsspec. All
connections of a store share one pace, so that the source is not pressed; see status.commoncrawl.org for what one asks.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

from assay import __version__
from assay.base.errors import MachineError, missing_package
from assay.base.files import filesystem, stat

_BLOCK = 1 << 18
_REMOTE_BLOCK = 1 << 23  # bytes that one S3 request brings
_TIMEOUT = (10, 30)  # seconds to connect, and between two pieces of an answer
_LONGEST_REST = 600.0  # seconds; a source that asks for more is asked again after so many
_MD5 = re.compile(r'"?([0-9a-f]{32})"?')


class AbsentError(Exception):
    """There is no such file at the source."""


class RefusedError(Exception):
    """The source failed in a way that may pass."""

    def __init__(self, message: str, rest: float = 0.0):
        super().__init__(message)
        self.rest = rest
        """Seconds for which the source asks to be left alone."""


class StoppedError(Exception):
    """The work was given up while this part of it waited."""


class Pace:
    """At most so many requests a second over all threads, and none while the source asks for rest."""

    def __init__(self, per_second: float):
        self._gap = 1 / per_second
        self._next = 0.0
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def wait(self) -> None:
        """Return when the next request may be sent."""
        with self._lock:
            at = max(time.monotonic(), self._next)
            self._next = at + self._gap
        self.sleep(at - time.monotonic())

    def rest(self, seconds: float) -> None:
        """Send nothing for a while."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)

    def sleep(self, seconds: float = 0.0) -> None:
        """Wait; StoppedError when the work is given up."""
        if self._stopped.wait(max(0.0, seconds)):
            raise StoppedError

    def stop(self) -> None:
        """Give the work up: whoever waits, or waits again, is told."""
        self._stopped.set()


@dataclass(frozen=True)
class Body:
    """The bytes of a file from ``start`` on."""

    start: int
    """What was asked for, or 0 when the file is another one by now, or comes only whole."""
    size: int | None
    """Bytes of the whole file; None where the source does not say."""
    tag: str = ""
    """Tells one version of the file from another; empty where the source has nothing of the kind."""
    md5: str | None = None
    blocks: Iterator[bytes] = field(default_factory=lambda: iter(()))
    """Raises RefusedError when the source fails."""


class Store(Protocol):
    """A place that holds files. Methods raise AbsentError and RefusedError, and may be called from several threads."""

    pace: Pace

    def address(self, path: str) -> str:
        """The full address of a file."""
        ...

    def size(self, path: str) -> int | None:
        """Bytes of a file; None where the source does not say."""
        ...

    def open(self, path: str, start: int = 0, tag: str = "") -> AbstractContextManager[Body]:
        """A file from ``start`` on if it still has this tag, otherwise from the beginning."""
        ...


def open_store(base: str, pace: Pace) -> Store:
    """The store below an address: ``https://…``, ``s3://bucket/…`` or a folder. MachineError without its packages."""
    if base.startswith(("http://", "https://")):
        return _Web(base.rstrip("/"), pace)
    filesystem(base)
    return _Files(base.rstrip("/"), pace)


class _Web:
    def __init__(self, base: str, pace: Pace):
        try:
            import requests
        except ImportError as error:
            raise missing_package("requests", "remote", f"reading {base}") from error
        self.pace = pace
        self._base = base
        self._session = requests.Session()
        self._session.headers["User-Agent"] = f"assay/{__version__}"
        self._session.headers["Accept-Encoding"] = "identity"  # the bytes as they are stored

    def address(self, path: str) -> str:
        return f"{self._base}/{path}"

    def size(self, path: str) -> int | None:
        with self._ask("HEAD", path) as response:
            return _number(response.headers.get("Content-Length"))

    @contextmanager
    def open(self, path: str, start: int = 0, tag: str = "") -> Iterator[Body]:
        resume = {"Range": f"bytes={start}-", "If-Range": tag} if start and tag else {}
        with self._ask("GET", path, resume) as response:
            body = _body(response, start, tag)
            if body:
                yield body
                return
        with self.open(path) as body:
            yield body

    @contextmanager
    def _ask(self, method: str, path: str, headers: dict[str, str] | None = None) -> Iterator[Any]:
        """The answer to a request, when it is of use."""
        from requests import RequestException

        self.pace.wait()
        try:
            response = self._session.request(
                method, self.address(path), headers=headers, timeout=_TIMEOUT, stream=True, allow_redirects=True
            )
        except RequestException as error:
            raise RefusedError(f"no answer: {error}") from error
        with response:
            if response.status_code in {404, 410}:
                raise AbsentError(f"the server says {response.status_code} {response.reason}")
            if response.status_code not in {200, 206, 416}:
                rest = min(_seconds(response.headers.get("Retry-After")), _LONGEST_REST)
                self.pace.rest(rest)
                raise RefusedError(f"the server says {response.status_code} {response.reason}", rest)
            yield response


def _body(response: Any, start: int, tag: str) -> Body | None:
    """What an answer holds; None when it is not what was asked for, so that the file must be asked for as a whole."""
    headers = response.headers
    found = _tag(headers)
    md5 = _MD5.fullmatch(headers.get("ETag", "")) if headers.get("Server") == "AmazonS3" else None
    if response.status_code == 200:
        length = _number(headers.get("Content-Length"))
        return Body(0, length, found, md5[1] if md5 else None, _blocks(response))
    unit, first, size = _content_range(headers.get("Content-Range", ""))
    if response.status_code == 416:  # the server looks at If-Range first: this is the end of the same file
        return Body(start, size, tag) if size == start else None
    if unit != "bytes" or first != start or found != tag:
        return None
    return Body(start, size, found, md5[1] if md5 else None, _blocks(response))


def _blocks(response: Any) -> Iterator[bytes]:
    from requests import RequestException
    from urllib3.exceptions import HTTPError

    try:
        yield from response.raw.stream(_BLOCK, decode_content=False)
    except (HTTPError, RequestException, OSError) as error:
        raise RefusedError(f"the connection broke off: {error}") from error


def _tag(headers: Any) -> str:
    """A strong ETag, or the time of the last change: what If-Range may be asked with (RFC 9110, 13.1.5)."""
    etag = headers.get("ETag", "")
    return etag if etag.startswith('"') else headers.get("Last-Modified", "")


def _content_range(value: str) -> tuple[str, int | None, int | None]:
    """Unit, first byte and size of the file, from ``bytes 5-9/10`` or ``bytes */10``."""
    match = re.fullmatch(r"(\w+) (?:(\d+)-\d+|\*)/(\d+|\*)", value)
    return (match[1], _number(match[2]), _number(match[3])) if match else ("", None, None)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


def _seconds(retry_after: str | None) -> float:
    """Seconds from now, from a number of them or a date."""
    try:
        if not retry_after or retry_after.isdecimal():
            return float(retry_after or 0)
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):  # TypeError: a date without its zone
        return 0.0


class _Files:
    def __init__(self, base: str, pace: Pace):
        self.pace = pace
        self._base = base

    def address(self, path: str) -> str:
        return f"{self._base}/{path}"

    def size(self, path: str) -> int | None:
        return self._look(path)["bytes"]

    @contextmanager
    def open(self, path: str, start: int = 0, tag: str = "") -> Iterator[Body]:
        found = self._look(path)
        if found["stamp"] != tag or start > found["bytes"]:
            start = 0
        md5 = _MD5.fullmatch(found["stamp"]) if self._base.startswith("s3://") else None
        blocks = self._blocks(path, start, found)
        yield Body(start, found["bytes"], found["stamp"], md5[1] if md5 else None, blocks)

    def _look(self, path: str) -> dict[str, Any]:
        self.pace.wait()
        with _refusals():
            return stat(self.address(path))

    def _blocks(self, path: str, start: int, found: dict[str, Any]) -> Iterator[bytes]:
        files, name = filesystem(self.address(path))
        for first in range(start, found["bytes"], _REMOTE_BLOCK):
            with _refusals():
                block = files.cat_file(name, start=first, end=min(first + _REMOTE_BLOCK, found["bytes"]))
            yield block
        if self._look(path) != found:
            raise RefusedError("the file was changed while it was read")


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, IsADirectoryError) as error:
        raise AbsentError("there is no such file") from error
    except (MachineError, StoppedError):
        raise
    except Exception as error:  # remote file systems raise whatever their client library raises
        raise RefusedError(f"could not be read: {error}") from error
