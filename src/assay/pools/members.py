"""Whether a gzip file ends where one of its members ends, without reading all of it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

from assay.pools.unpack import unpack

_MAGIC = b"\x1f\x8b\x08"
_WINDOWS = (1 << 20, 1 << 25)  # bytes before the end in which the last member may begin
_TRIES = 100  # a chance hit of the magic number comes once in 16 MiB
_STEP = 1 << 20


def ends_whole(path: Path) -> bool:
    """Whether the last gzip member of a file is whole, with the right checksum; zeros may follow it, as padding.

    Files of one large member are read through.
    """
    size = path.stat().st_size
    with open(path, "rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            return False
        for window in (window for window in _WINDOWS if window < size):
            file.seek(size - window)
            data = file.read()
            if any(_ends_at_end(data, start) for start in _starts(data)):
                return True
        file.seek(0)
        content = unpack(file)
        while content.read(_STEP):
            pass
        return content.damage is None


def _starts(data: bytes) -> Iterator[int]:
    """Where a member could start, from the last place on."""
    at = len(data)
    for _ in range(_TRIES):
        at = data.rfind(_MAGIC, 0, at)
        if at < 0:
            return
        yield at


def _ends_at_end(data: bytes, start: int) -> bool:
    member = zlib.decompressobj(wbits=31)
    rest = memoryview(data)[start:]
    try:
        while rest and not member.eof:
            member.decompress(rest, _STEP)
            rest = memoryview(member.unconsumed_tail)
    except zlib.error:
        return False
    return member.eof and not member.unused_data.strip(b"\0")
