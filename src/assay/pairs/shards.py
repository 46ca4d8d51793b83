"""Image–text shards: tars in WebDataset's layout, as img2dataset writes them.

A sample is a run of members with the same name up to the first dot behind the last slash; what follows is the member's
extension. Nothing is ever unpacked to a path that a tar names.
"""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from assay.base.errors import InputError
from assay.pools.quarantine import Reading

STATS = "_stats.json"
_NAME = re.compile(r"^((?:.*/|)[^.]+)[.]([^/]*)$", re.DOTALL)
"""webdataset's base_plus_ext: a name without a dot is no part of a sample."""
IMAGES = ("jpg", "png", "jpeg", "webp")
"""Extensions of images, in the order in which open_clip looks for them."""
_MAX_METADATA = 16 << 20
_MAX_MEMBER = 1 << 30


@dataclass(frozen=True)
class Member:
    """One file of a sample: where its bytes lie in the tar."""

    extension: str
    offset: int
    size: int


@dataclass
class Sample:
    """The members of one sample, by their extension in lower case."""

    key: str
    members: dict[str, Member] = field(default_factory=dict)

    def image(self) -> Member | None:
        """The image; None when there is none."""
        return next((self.members[extension] for extension in IMAGES if extension in self.members), None)


def find_shards(folder: str | Path) -> list[Path]:
    """The finished shards of a folder, by name: those with ``_stats.json`` beside them, or all when none has it.

    InputError when there are none. A shard that img2dataset did not finish has no statistics.
    """
    tars = sorted(Path(folder).glob("*.tar")) or sorted(Path(folder).glob("shards/*.tar"))
    if not tars:
        raise InputError("holds no shards: no .tar", where=folder)
    return [tar for tar in tars if stats_of(tar).exists()] or tars


def stats_of(tar: Path) -> Path:
    """Where the statistics of a shard lie."""
    return tar.with_name(tar.stem + STATS)


def read_samples(tar: Path, reading: Reading) -> Iterator[Sample]:
    """The samples of a shard, in order.

    Links, devices and names that lead out of the folder go to ``reading``, as does what is behind a cut.
    """
    sample: Sample | None = None
    for name, member in _members(tar, reading):
        found = _NAME.match(name)
        if not found:
            continue
        key, extension = found[1], found[2].lower()
        if sample is None or key != sample.key or extension in sample.members:
            if sample is not None:
                yield sample
            sample = Sample(key)
        sample.members[extension] = Member(extension, member.offset_data, member.size)
    if sample is not None:
        yield sample


def _members(tar: Path, reading: Reading) -> Iterator[tuple[str, tarfile.TarInfo]]:
    end = tar.stat().st_size
    try:
        with tarfile.open(tar, "r:") as archive:
            for member in archive:
                problem = _problem(member, end)
                if problem:
                    reading.bad(f"member {member.name!r}", problem, member.name)
                elif member.isfile():
                    yield member.name, member
                archive.members = []  # type: ignore[attr-defined]  # tarfile would remember all of them
    except (tarfile.TarError, EOFError, UnicodeError, ValueError) as error:
        reading.bad("file", "not a readable tar, or cut off", str(error))


def _problem(member: tarfile.TarInfo, end: int) -> str | None:
    if member.name.startswith("/") or ".." in member.name.split("/"):
        return "a name that leads out of the folder"
    if not (member.isfile() or member.isdir()):
        return "a link or device"
    if member.size > _MAX_MEMBER:
        return f"larger than {_MAX_MEMBER >> 20} MiB"
    return "cut off" if member.offset_data + member.size > end else None


def read_member(file: IO[bytes], member: Member) -> bytes:
    """The bytes of a member, from the open tar."""
    file.seek(member.offset)
    return file.read(member.size)


def metadata_of(file: IO[bytes], sample: Sample) -> dict[str, Any] | str:
    """The JSON of a sample, or what is wrong with it."""
    member = sample.members.get("json")
    if member is None:
        return "a sample without json"
    if member.size > _MAX_METADATA:
        return "json that is too large"
    try:
        found = json.loads(read_member(file, member))
    except (ValueError, RecursionError):
        return "json that cannot be read"
    return found if isinstance(found, dict) else "json that is no object"
