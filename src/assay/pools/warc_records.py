"""The records of a WARC stream. A broken or cut record is quarantined, and reading goes on at the next one to be found.

fastwarc stops at the first broken header, and gives a record that the file's end cuts as if it were whole. So the
length of every record is checked, and after trouble the stream is searched for the next line ``WARC/1.x``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from assay.pools.batch import MAX_DOCUMENT
from assay.pools.quarantine import EMPTY_FILE, Reading
from assay.pools.unpack import Content

CANDIDATES = WarcRecordType.response | WarcRecordType.conversion
_OPENING = b"WARC/"
_START = re.compile(rb"WARC/[01]\.\d+\r?\n")
_OVERLAP = 16  # longer than what _START matches
_BLOCK = 1 << 16
_TRIES = 10_000  # starts of records that are none, one after the other, before the rest of the file is given up
_REMEMBERED = 8 * _BLOCK  # fastwarc reads one block ahead, and its headers are at most half a block


class Found(NamedTuple):
    """A whole record."""

    where: str
    """For the quarantine: its number in the file, from 1, in which a stretch of trouble counts as one record."""
    place: str
    """Where in the file it begins."""
    record: WarcRecord
    block: bytes | None
    """What follows its header, only for ``CANDIDATES`` of at most ``MAX_DOCUMENT`` bytes."""


class Records:
    """Iterate over the whole records of a stream; each stretch of trouble between them goes to ``reading`` once."""

    def __init__(self, content: Content, reading: Reading):
        self._content, self._reading = content, reading
        self._tape = _Tape(content)
        self._number = 0
        self._in_trouble = False
        self._tries = 0  # to go on, in this trouble
        self._passed = 0  # the next record starts here or later

    def __iter__(self) -> Iterator[Found]:
        if self._tape.is_empty() and not self._content.damage:
            self._reading.bad("file", EMPTY_FILE)
            return
        while True:
            yield from self._until_trouble()
            if self._content.damage:
                self._trouble(self._content.damage)
            if not self._in_trouble or not self._go_on():
                return

    def _until_trouble(self) -> Iterator[Found]:
        self._passed = max(self._passed, self._tape.tell() + 1)
        try:
            for record in ArchiveIterator(cast(Any, self._tape), parse_http=False, stream_detect=False):
                found = self._read(record)
                if found:
                    yield found
        except OSError as error:
            self._trouble(self._content.damage or "broken WARC record", str(error))

    def _read(self, record: WarcRecord) -> Found | None:
        size = record.content_length
        wanted = bool(record.record_type & CANDIDATES) and size <= MAX_DOCUMENT
        block = record.reader.read() if wanted else None
        there = record.consume() if block is None else len(block)
        sized = (record.headers.get("Content-Length") or "").strip().isdigit()
        if not sized or there < size:
            self._passed = max(self._passed, record.stream_pos + 1)
            reason = "cut WARC record" if sized else "broken WARC record"
            self._trouble(self._content.damage or reason, record.headers.get("WARC-Target-URI") or "")
            return None
        self._passed = max(self._passed, record.stream_pos + size)
        self._in_trouble, self._tries = False, 0
        self._number += 1
        place = self._content.place(record.stream_pos)
        return Found(self._reading.where("record", self._number, place), place, record, block)

    def _trouble(self, reason: str, detail: str = "") -> None:
        if not self._in_trouble:
            self._number += 1
            where = self._reading.where("record", self._number, self._content.place(self._passed))
            self._reading.bad(where, reason, detail)
        self._in_trouble = True

    def _go_on(self) -> bool:
        """Move to the next record behind the trouble, if there is one."""
        self._tries += 1
        if self._tries > _TRIES:
            return False
        if not self._content.damage and self._tape.move_to_record(self._passed):
            return True
        return bool(self._content.damage) and self._content.resume(_OPENING)


class _Tape:
    """The stream as fastwarc reads it, with the last blocks remembered, so that it can be wound back to a record."""

    def __init__(self, content: Content):
        self._content = content
        self._data = bytearray()  # what is remembered, and what was read ahead
        self._start = 0  # where in the stream it begins
        self._at = 0  # in the data

    def tell(self) -> int:
        return self._start + self._at

    def read(self, size: int = _BLOCK) -> bytes:
        if self.is_empty():
            return b""
        block = bytes(self._data[self._at : self._at + size])
        self._at += len(block)
        return block

    def is_empty(self) -> bool:
        return self._at == len(self._data) and not self._more()

    def move_to_record(self, earliest: int) -> bool:
        """Wind back or forward to the first start of a record at ``earliest`` or later; False when there is none."""
        search_from = max(0, earliest - self._start)
        while not (match := _START.search(self._data, search_from)):
            self._at = max(self._at, len(self._data) - _OVERLAP)
            before = self._start + len(self._data)
            if not self._more():
                return False
            search_from = max(0, before - _OVERLAP, earliest) - self._start
        self._at = match.start()
        return True

    def _more(self) -> int:
        """Read a block, forget what lies far behind; the number of bytes that came."""
        block = self._content.read(_BLOCK)
        if self._at > 2 * _REMEMBERED:  # not every time: what stays must be moved
            forgotten = self._at - _REMEMBERED
            del self._data[:forgotten]
            self._start, self._at = self._start + forgotten, self._at - forgotten
        self._data += block
        return len(block)
