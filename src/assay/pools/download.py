"""One file from a store to the disk: it goes on where it was after a failure or a kill, and is whole when it is there.

What has arrived waits in ``NAME.part``; ``NAME.tag`` beside it tells of which version of the file it is.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

from assay.base.errors import InputError, MachineError
from assay.base.files import write_bytes
from assay.base.progress import log
from assay.pools.members import ends_whole
from assay.pools.remote import AbsentError, Body, RefusedError, Store

R = TypeVar("R")

_CHANCE = secrets.SystemRandom()
_BLOCK = 1 << 20
_PROGRESS = 1 << 20  # bytes; an attempt that brings so many has not failed
_COPIES = 3  # that are whole by their length and yet wrong, before the source is taken to be wrong


class Target(NamedTuple):
    """A file to fetch."""

    path: str
    """Below the source."""
    bytes: int | None = None
    sha256: str | None = None
    """What it must be, where that is known."""


class Arrived(NamedTuple):
    """A file that was fetched."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Patience:
    """How often and how long to wait for a source that fails: twice as long each time, with chance in it."""

    attempts: int = 12
    """In a row, each of which brings less than 1 MiB: with the waits between them about ten minutes."""
    first: float = 1.0
    """Seconds; Common Crawl asks for no more than one attempt a second."""
    longest: float = 120.0

    def seconds(self, failures: int) -> float:
        """How long to wait after so many failures."""
        return min(self.longest, self.first * 2 ** (failures - 1)) * _CHANCE.uniform(0.75, 1.25)


def download(store: Store, target: Target, part: Path, patience: Patience) -> Arrived:
    """Bring a file to ``part``, whole. InputError when it is not at the source, MachineError when it does not come.

    Its length must be what the source says, its last gzip member must be whole, and its checksum must be the one that
    the target or (for files that were uploaded in one piece) S3 names.
    """
    problem = ""
    for _ in range(_COPIES):
        md5 = _bring(store, target, part, patience)
        arrived, found_md5 = hash_file(part)
        problem = _problem(part, target, arrived, (found_md5, md5))
        if not problem:
            return arrived
        log(f"{store.address(target.path)}: {problem}; once more from the beginning")
        part.unlink()
    raise MachineError(f"{problem}, {_COPIES} times in a row", where=store.address(target.path))


def insist(action: Callable[[], R], store: Store, path: str, patience: Patience, arrived: Callable[[], int]) -> R:
    """Try until it works. ``arrived``: bytes that are here so far; attempts that bring many do not count as failed."""
    failures = 0
    while True:
        before = arrived()
        try:
            return action()
        except AbsentError as error:
            raise InputError(f"there is no such file: {error}", where=store.address(path)) from error
        except RefusedError as error:
            failures = 1 if arrived() - before >= _PROGRESS else failures + 1
            if failures >= patience.attempts:
                raise MachineError(
                    f"{error}, after {failures} attempts", where=store.address(path), hint="check the network"
                ) from error
            seconds = max(patience.seconds(failures), error.rest)
            log(f"{store.address(path)}: {error}; again in {seconds:.0f} s")
            store.pace.sleep(seconds)


def read_small(store: Store, path: str, patience: Patience) -> bytes:
    """The content of a small file. Errors as of ``download``."""

    def read() -> bytes:
        with store.open(path) as body:
            data = b"".join(body.blocks)
        if body.size not in {None, len(data)}:
            raise RefusedError(f"the connection broke off: {len(data)} of {body.size} bytes came")
        return data

    return insist(read, store, path, patience, lambda: 0)


def _bring(store: Store, target: Target, part: Path, patience: Patience) -> str | None:
    """Fill ``part`` up to the length that the source says; returns the MD5 that it says."""
    tag = part.with_suffix(".tag")

    def attempt() -> str | None:
        with store.open(target.path, _size(part), tag.read_text() if tag.exists() else "") as body:
            if body.start == 0:
                part.unlink(missing_ok=True)
                write_bytes(tag, body.tag.encode())
            _append(part, body, store)
        if body.size not in {None, _size(part)}:
            raise RefusedError(f"the connection broke off: {_size(part)} of {body.size} bytes came")
        return body.md5

    return insist(attempt, store, target.path, patience, lambda: _size(part))


def _append(part: Path, body: Body, store: Store) -> None:
    with open(part, "ab") as file:
        for block in body.blocks:
            store.pace.sleep()
            file.write(block)


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def hash_file(path: Path) -> tuple[Arrived, str]:
    """Size, sha256 and MD5 of a file."""
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            sha256.update(block)
            md5.update(block)
    return Arrived(os.path.getsize(path), sha256.hexdigest()), md5.hexdigest()


def _problem(part: Path, target: Target, arrived: Arrived, md5: tuple[str, str | None]) -> str:
    """What is wrong with a file that came, if anything."""
    if target.bytes not in {None, arrived.bytes}:
        return f"has {arrived.bytes} bytes, and should have {target.bytes}"
    if target.sha256 not in {None, arrived.sha256}:
        return f"its sha256 is {arrived.sha256[:12]}…, and should be {(target.sha256 or '')[:12]}…"
    if md5[1] not in {None, md5[0]}:
        return f"its MD5 is {md5[0]}, and the source says {md5[1]}"
    if target.path.endswith(".gz") and not ends_whole(part):
        return "does not end with a whole gzip member"
    return ""
