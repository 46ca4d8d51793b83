"""Which files of Common Crawl make a pool: a seeded sample of its crawls, or files that a list names.

A file is chosen by the rank of ``sha256(SEED + newline + PATH)`` among all files of the crawls: the choice depends
neither on the order of the crawls and of their indexes nor on how many are wanted, and a sample of 10 lies in the
sample of 100.
"""

from __future__ import annotations

import gzip
import hashlib
import heapq
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal, Protocol

from assay.base.errors import InputError, unknown_name
from assay.base.files import open_bytes
from assay.base.fingerprint import fingerprint
from assay.base.settings import Settings, read_yaml, validate
from assay.catalog import catalog_path
from assay.pools.download import Patience, Target, read_small
from assay.pools.formats import SUFFIXES
from assay.pools.remote import Store

SOURCE = "https://data.commoncrawl.org/"
Kind = Literal["warc", "wet"]
_ALL = "all"


class Selection(Protocol):
    """What to fetch."""

    @property
    def name(self) -> str:
        """For people."""
        ...

    @property
    def request(self) -> dict[str, Any]:
        """What was asked for: the same request is the same work."""
        ...

    def targets(self, store: Store, patience: Patience) -> list[Target]:
        """The files, the first of the sample first."""
        ...


@dataclass(frozen=True)
class Sample:
    """So many files of some crawls."""

    crawls: tuple[str, ...]
    files: int
    seed: int = 0
    kind: Kind = "warc"

    @property
    def name(self) -> str:
        """Such as ``CC-MAIN-2022-49: 100 WARC files, seed 0``."""
        crawls = self.crawls[0] if len(self.crawls) == 1 else f"{len(self.crawls)} crawls"
        return f"{crawls}: {self.files} {self.kind.upper()} files, seed {self.seed}"

    @property
    def request(self) -> dict[str, Any]:
        """Crawls, kind, number and seed."""
        return {"crawls": sorted(set(self.crawls)), "kind": self.kind, "files": self.files, "seed": self.seed}

    def targets(self, store: Store, patience: Patience) -> list[Target]:
        """The files by their rank. InputError when a crawl is not known, or has too few files."""
        paths = (path for crawl in sorted(set(self.crawls)) for path in _index(store, crawl, self.kind, patience))
        return _choose((Target(path) for path in paths), self.files, self.seed, ", ".join(self.crawls))


@dataclass(frozen=True)
class Listed:
    """The files of a list, or a sample of them."""

    name: str
    listed: tuple[Target, ...]
    files: int | None = None
    seed: int = 0

    @property
    def request(self) -> dict[str, Any]:
        """The list by its content, and what to take of it."""
        chosen = {} if self.files is None else {"files": self.files, "seed": self.seed}
        return {"list": fingerprint(self.listed), **chosen}

    def targets(self, store: Store, patience: Patience) -> list[Target]:
        """All files in the order of the list, or the sample by its rank."""
        return list(self.listed) if self.files is None else _choose(self.listed, self.files, self.seed, self.name)


def _choose(targets: Iterable[Target], count: int, seed: int, where: str) -> list[Target]:
    chosen = heapq.nsmallest(count, targets, key=lambda target: _rank(target.path, seed))
    if len(chosen) < count:
        raise InputError(f"{count} files are wanted, and there are only {len(chosen)}", where=where)
    return chosen


def _rank(path: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}\n{path}".encode()).digest()


def _index(store: Store, crawl: str, kind: Kind, patience: Patience) -> list[str]:
    """The paths of a crawl's files, each once."""
    path = f"crawl-data/{crawl}/{kind}.paths.gz"
    try:
        data = gzip.decompress(read_small(store, path, patience))
    except InputError as error:
        raise unknown_name("crawl", crawl, dclm_crawls(), error.where) from error
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"is not a list of paths: {error}", where=store.address(path)) from error
    return list(dict.fromkeys(_paths(data, store.address(path))))


def dclm_crawls() -> tuple[str, ...]:
    """The crawls of DCLM-Pool, 2013 to 2022."""
    return tuple(read_yaml(catalog_path("commoncrawl.yaml"))["crawls"])


def files_of_scale(scale: str) -> int:
    """How many WARC files make a pool of the size that one of DCLM's scales asks for; InputError for other names."""
    scales = read_yaml(catalog_path("commoncrawl.yaml"))["scales"]
    if scale not in scales:
        raise unknown_name("scale with a pool", scale, scales, "--scale")
    return scales[scale]["warc_files"]


def crawl_names(given: Iterable[str]) -> tuple[str, ...]:
    """Names of crawls as they are, ``all`` for those of DCLM-Pool, and the names in a file.

    The file has one name a line, or is Common Crawl's ``collinfo.json``.
    """
    names = [name for entry in given for name in _crawls_of(entry)]
    return tuple(dict.fromkeys(names))


def _crawls_of(entry: str) -> Iterable[str]:
    if entry == _ALL:
        return dclm_crawls()
    if not entry.endswith((".json", ".txt")):
        return [entry]
    with open_bytes(entry) as file:
        data = file.read()
    try:
        return [crawl["id"] for crawl in json.loads(data)]
    except ValueError:
        return data.decode(errors="replace").split()
    except (KeyError, TypeError) as error:
        raise InputError("is not a list of crawls", where=entry, hint="one name a line, or collinfo.json") from error


def read_paths(file: str) -> tuple[Target, ...]:
    """The files that a list names, one path or address a line; gzip is undone. Of an address only the path counts."""
    with open_bytes(file) as opened:
        data = opened.read()
    try:
        data = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"cannot be unpacked: {error}", where=file) from error
    paths = tuple(map(Target, dict.fromkeys(_paths(data, file))))
    if not paths:
        raise InputError("names no file", where=file)
    return paths


class _Entry(Settings):
    """A line of a manifest."""

    path: str
    bytes: int
    sha256: str
    source: str = ""


def read_manifest(file: str) -> tuple[Target, ...]:
    """The files of a pool's ``manifest.jsonl``, each with the size and checksum that it must have."""
    with open_bytes(file) as opened:
        lines = opened.read().splitlines()
    targets = []
    for number, line in enumerate(lines, 1):
        where = f"{file}:{number}"
        try:
            entry = validate(_Entry, json.loads(line), where)
        except ValueError as error:
            raise InputError("is not a line of a manifest", where=where) from error
        targets.append(Target(_safe(entry.path, where), entry.bytes, entry.sha256))
    if not targets:
        raise InputError("names no file", where=file)
    return tuple(targets)


def _paths(data: bytes, where: str) -> Iterator[str]:
    for number, line in enumerate(data.decode(errors="replace").split("\n"), 1):
        if line.strip():
            yield _safe(line.strip(), f"{where}:{number}")


def _safe(given: str, where: str) -> str:
    """A path below the source; InputError when it leads elsewhere, or to a file that is no candidate by its name."""
    path = (given.split("://", 1)[1].partition("/")[2] if "://" in given else given).lstrip("/")
    if ".." in PurePosixPath(path).parts or "\\" in path or not path.isprintable():
        raise InputError(f"{given!r} is not a path below the source", where=where)
    if not path.endswith(SUFFIXES):
        raise InputError(
            f"{given!r} is not a file that assay reads", where=where, hint=f"files end in {', '.join(SUFFIXES[:8])} …"
        )
    return path
