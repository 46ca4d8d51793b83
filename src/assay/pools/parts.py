"""Parts of a large pool file, so that several workers can read it.

A part is a range of bytes of the file as it is stored, whatever lies at its ends: it has the lines, records or row
groups that begin in it. So for any cuts the parts together give the rows of the whole file, each once, in order, and
with the same ids.

- JSONL that is not compressed begins anew behind every line feed.
- WARC begins anew at its records, and with gzip at members that begin with a record. Such a place is found by looking
  for it, which could hit upon a WARC file that lies *inside* a record. So the records are followed from a place far
  before the cut: a wrong trail ends where the record ends in which it lies.
- Parquet begins anew at its row groups (``parquet.py``).
- Everything else is one stream, and belongs to the first part as a whole.
"""

from __future__ import annotations

import io
import math
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from typing import IO, Any

from assay.pools.formats import Format, format_of
from assay.pools.pool import PoolFile
from assay.pools.source import can_seek, open_seekable, open_source
from assay.pools.unpack import Content, compression, unpack

_BLOCK = 1 << 18
_MEMBER = re.compile(rb"\x1f\x8b\x08")
_OPENING = b"WARC/"
_RECORD = re.compile(rb"WARC/[01]\.\d+\r?\n")
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d+)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_HEADERS = (1 << 12, 1 << 16)  # bytes in which the end of a header is looked for
_LOOK = 1 << 12  # bytes in which the content of a member must begin
_OVERLAP = 16  # longer than what _RECORD and _MEMBER match
_TRAIL = 1 << 24
"""Stored bytes before a cut at which the trail of records begins: more than Common Crawl keeps of any page."""


def parts(file: PoolFile, target: int) -> list[PoolFile]:
    """The parts of a file, of about ``target`` bytes each, in order; the file itself where it cannot be divided.

    They depend on the file's content and on ``target`` alone.
    """
    count = round(file.bytes / target)
    if count < 2 or not _is_divisible(file):
        return [file]
    cuts = [file.bytes * number // count for number in range(count + 1)]
    return [replace(file, start=start, end=end) for start, end in pairwise(cuts)]


def _is_divisible(file: PoolFile) -> bool:
    kind = format_of(file.path)
    if not can_seek(file.path):
        return False
    if kind == "parquet":
        return True
    with open_seekable(file.path) as source:
        packed = compression(source.read(8))
        if kind == "warc" and packed == "gzip":
            second = _after_member(source, 0, most=_TRAIL)
            return second is not None and second < file.bytes
    return packed is None


@contextmanager
def open_content(file: PoolFile, kind: Format) -> Iterator[Content | None]:
    """What a JSONL or WARC file, or a part of one, holds; None when nothing begins in the part."""
    if file.is_whole:
        with open_source(file.path) as source:
            yield unpack(source)
        return
    with open_seekable(file.path) as source:
        first, last = _boundary(source, kind, file.start), _boundary(source, kind, file.end)
        if first == last and file.start > 0:
            yield None
            return
        source.seek(first)
        yield unpack(io.BufferedReader(_Slice(source, last - first), _BLOCK), base=first)


class _Slice(io.RawIOBase):
    """So many bytes of a file from where it stands."""

    def __init__(self, file: IO[bytes], size: int):
        self._file, self._left = file, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(min(len(buffer), self._left))
        self._left -= len(data)
        buffer[: len(data)] = data
        return len(data)


def _boundary(source: IO[bytes], kind: Format, place: int | None) -> int:
    """The first byte at ``place`` or later at which the file can be read anew; its end where there is none."""
    size = source.seek(0, io.SEEK_END)
    if place is None or place >= size:
        return size
    if place <= 0:
        return 0
    source.seek(0)
    packed = compression(source.read(8))
    if kind == "jsonl" and packed is None:
        return _next_line(source, place)
    if kind == "warc" and packed is None:
        return _follow(source, place, _next_record, _after_record)
    if kind == "warc" and packed == "gzip":
        return _follow(source, place, _next_member, _after_member)
    return size


def _next_line(source: IO[bytes], place: int) -> int:
    """The first byte at ``place`` or later behind a line feed."""
    source.seek(place - 1)
    while block := source.read(_BLOCK):
        at = block.find(b"\n")
        if at >= 0:
            return source.tell() - len(block) + at + 1
    return source.tell()


def _follow(
    source: IO[bytes],
    place: int,
    find: Callable[[IO[bytes], int], int],
    after: Callable[[IO[bytes], int], int | None],
) -> int:
    """Follow records from before ``place`` to the first one at it or behind it.

    ``find`` gives the next place where a record may begin, ``after`` where the next one does behind the one given.
    """
    at = find(source, max(0, place - _TRAIL))
    while at < place:
        at = after(source, at) or find(source, at + 1)
    return at


def _search(source: IO[bytes], pattern: re.Pattern[bytes], start: int) -> Iterator[int]:
    """Where a short pattern occurs, from ``start`` on; at the ends of blocks a place may come twice."""
    data, end = b"", start
    while True:
        source.seek(end)
        block = source.read(_BLOCK)
        if not block:
            return
        data, end = data[-_OVERLAP:] + block, end + len(block)
        yield from (end - len(data) + match.start() for match in pattern.finditer(data))


def _next_record(source: IO[bytes], start: int) -> int:
    return next(_search(source, _RECORD, start), source.seek(0, io.SEEK_END))


def _after_record(source: IO[bytes], at: int) -> int | None:
    """Where the next record begins (or the file ends) behind the one at ``at``; None when that is none, or broken."""
    for size in _HEADERS:
        source.seek(at)
        head = source.read(size)
        end = _HEADER_END.search(head)
        if end:
            break
    else:
        return None
    length = _LENGTH.search(head, 0, end.start())
    if not _RECORD.match(head) or not length:
        return None
    source.seek(at + end.end() + int(length[1]))
    behind = source.read(_OVERLAP + 4)
    begins = len(behind) - len(behind.lstrip(b"\r\n"))
    place = at + end.end() + int(length[1]) + begins
    return place if _RECORD.match(behind, begins) or place == source.seek(0, io.SEEK_END) else None


def _next_member(source: IO[bytes], start: int) -> int:
    found = (at for at in _search(source, _MEMBER, start) if _opens(source, at))
    return next(found, source.seek(0, io.SEEK_END))


def _opens(source: IO[bytes], at: int) -> bool:
    """Whether a gzip member that begins with a record begins here."""
    source.seek(at)
    try:
        return zlib.decompressobj(wbits=31).decompress(source.read(_LOOK), _OVERLAP).startswith(_OPENING)
    except zlib.error:
        return False


def _after_member(source: IO[bytes], at: int, most: float = math.inf) -> int | None:
    """Where the next member that begins with a record begins (or the file ends) behind the one at ``at``.

    None when that is none, or broken; or when it has more than ``most`` bytes.
    """
    end, size = at, source.seek(0, io.SEEK_END)
    while end == at or not (end == size or _opens(source, end)):
        end = _end_of_member(source, end, at + most) or 0
        if not end:
            return None
    return end


def _end_of_member(source: IO[bytes], at: int, most: float) -> int | None:
    member = zlib.decompressobj(wbits=31)
    source.seek(at)
    while not member.eof and source.tell() < most and (data := source.read(_BLOCK)):
        try:
            while data and not member.eof:
                member.decompress(data, _BLOCK)
                data = member.unconsumed_tail
        except zlib.error:
            return None
    return source.tell() - len(member.unused_data) if member.eof else None
