"""The content of a pool file as a stream: decompressed, with a word on whether it was whole.

fastwarc and zstandard end quietly where a compressed file was cut, so documents would be lost unseen. Here the stream
keeps account: after its end ``damage`` says what was wrong with it, or is None. A stream that unpacks to far more than
any document does (a bomb) is damaged too, from there on.
"""

from __future__ import annotations

import io
import re
import zlib
from bisect import bisect_right
from collections import deque
from typing import IO, Protocol

import zstandard

_BLOCK = 1 << 18
_STEP = 1 << 20
_ZSTD_STEP = 1 << 9  # 4 bytes of zstd may hold 128 KiB, so one step gives at most 16 MiB
_MAX_WINDOW = 1 << 31  # what `zstd --long=31` writes
_MAX_RATIO, _MIN_BOMB = 200, 1 << 26  # bytes for one, and bytes at least, before a member is taken for a bomb
_TRIES = 100_000  # places where a member could begin again, after damage; by chance there are 60 in a gigabyte
_REMEMBERED = 1 << 17  # members; far more than are read ahead
_SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")  # a zstd frame without content
READ = ("gzip", "zstd")
"""The compressions that assay reads."""
_UNSUPPORTED = {b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x04\x22\x4d\x18": "lz4", b"PK\x03\x04": "zip"}


class Content(Protocol):
    """What a file holds, read forward. ``read`` gives nothing more at the end of the file and where damage begins."""

    damage: str | None

    def read(self, size: int = ...) -> bytes:
        """Up to ``size`` bytes."""
        ...

    def place(self, position: int) -> str:
        """Where in the file something lies that begins at this position of what was read last, or shortly before.

        The offset in bytes; inside a compressed member ``MEMBER+POSITION``. The same for a file and for its parts.
        """
        ...

    def resume(self, opening: bytes) -> bool:
        """After damage, go on at the next part of the file that starts with ``opening``; False when there is none."""
        ...


def unpack(source: io.BufferedReader, base: int = 0) -> Content:
    """The content of a file, or of its part from byte ``base`` on; its compression is told by its first bytes.

    What assay cannot unpack has no content, and is damaged.
    """
    name = compression(source.peek(8))
    if name is None:
        return _Plain(source, base)
    if name in READ:
        return _Packed(source, _Gzip if name == _Gzip.name else _Zstd, base)
    return _Foreign(name)


def compression(start: bytes) -> str | None:
    """The name of a file's compression, by its first bytes; None when it has none that is known."""
    if _SKIPPABLE.match(start):
        return _Zstd.name
    known = {_Gzip.magic[:2]: _Gzip.name, _Zstd.magic: _Zstd.name, **_UNSUPPORTED}
    return next((name for magic, name in known.items() if start.startswith(magic)), None)


class _Plain:
    damage: str | None = None

    def __init__(self, source: IO[bytes], base: int):
        self._source, self._base = source, base

    def read(self, size: int = _STEP) -> bytes:
        return self._source.read(size)

    def place(self, position: int) -> str:
        return str(self._base + position)

    def resume(self, opening: bytes) -> bool:
        return False


class _Foreign:
    def __init__(self, name: str):
        self.damage: str | None = f"compressed with {name}, which assay does not read"

    def read(self, size: int = _STEP) -> bytes:
        return b""

    def place(self, position: int) -> str:
        return "0"

    def resume(self, opening: bytes) -> bool:
        return False


class _Gzip:
    """One gzip member."""

    name, magic, error = "gzip", b"\x1f\x8b\x08", zlib.error
    look = 1 << 12
    """Bytes in which its first content is looked for."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def ended(self) -> bool:
        return self._inner.eof

    def decode(self, data: memoryview) -> tuple[bytes, memoryview]:
        """A bounded amount of content, and what of ``data`` is left for the next call."""
        content = self._inner.decompress(data, _STEP)
        return content, memoryview(self._inner.unused_data if self.ended else self._inner.unconsumed_tail)


class _Zstd:
    """One zstd frame."""

    name, magic, error = "zstd", b"\x28\xb5\x2f\xfd", zstandard.ZstdError
    look = 1 << 18  # a block, which comes as a whole, has up to 128 KiB

    def __init__(self) -> None:
        self._inner = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW).decompressobj()

    @property
    def ended(self) -> bool:
        return self._inner.eof

    def decode(self, data: memoryview) -> tuple[bytes, memoryview]:
        """A bounded amount of content, and what of ``data`` is left for the next call."""
        used = data[:_ZSTD_STEP]
        content = self._inner.decompress(used)
        unused = len(self._inner.unused_data) if self.ended else 0
        return content, data[len(used) - unused :]


class _Packed:
    """Gzip with any number of members, or zstd with any number of frames."""

    def __init__(self, source: IO[bytes], kind: type[_Gzip] | type[_Zstd], base: int):
        self.damage: str | None = None
        self._source, self._kind = source, kind
        self._end = base  # of the input that was read
        self._position = 0  # of the content that was unpacked
        self._input = self._last_input = self._content = memoryview(b"")
        self._members: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED)  # content and file where each begins
        self._begin_member()

    def read(self, size: int = _STEP) -> bytes:
        while not self._content and not self.damage and self._advance():
            pass
        content, self._content = self._content[:size], self._content[size:]
        return bytes(content)

    def place(self, position: int) -> str:
        at = bisect_right(self._members, position, key=lambda member: member[0])
        begins, offset = self._members[max(0, at - 1)]
        return str(offset) if position == begins else f"{offset}+{position - begins}"

    def _begin_member(self) -> None:
        self._member = self._kind()
        if self._members and self._members[-1][0] == self._position:
            self._members.pop()  # it was empty
        self._members.append((self._position, self._end - len(self._input)))

    def _advance(self) -> bool:
        """One step: more input, the next member, or some content. False at the end of the file."""
        at_end = not self._input and not self._fill()
        if self._member.ended:
            if self._input[:1] == b"\0":  # zeros may pad the file
                self._input = memoryview(bytes(self._input).lstrip(b"\0"))
            if self._input:
                self._begin_member()
            return not at_end
        self._decode(at_end)
        return True

    def _fill(self) -> bool:
        self._input = memoryview(self._more())
        return len(self._input) > 0

    def _more(self) -> bytes:
        block = self._source.read(_BLOCK)
        self._end += len(block)
        return block

    def _decode(self, at_end: bool) -> None:
        self._last_input = self._input or self._last_input
        try:
            content, self._input = self._member.decode(self._input)
        except self._kind.error:
            self.damage = f"corrupt {self._kind.name}"
            return
        self._content = memoryview(content)
        self._position += len(content)
        if self._is_bomb():
            self.damage = f"{self._kind.name} that unpacks to more than {_MAX_RATIO} times its size"
        elif at_end and not content and not self._member.ended:
            self.damage = f"truncated {self._kind.name}"

    def _is_bomb(self) -> bool:
        begins, offset = self._members[-1]
        unpacked = self._position - begins
        return unpacked > _MIN_BOMB and unpacked > _MAX_RATIO * (self._end - len(self._input) - offset)

    def resume(self, opening: bytes) -> bool:
        data, at = bytes(self._last_input), 0
        for _ in range(_TRIES):
            data, at = self._next_magic(data, at + 1)
            if at < 0:
                return False
            if self._opens_with(opening, memoryview(data)[at:]):
                self._input, self.damage = memoryview(data)[at:], None
                self._begin_member()
                return True
        return False

    def _next_magic(self, data: bytes, start: int) -> tuple[bytes, int]:
        """The next place where a member could begin (-1: none), in data that holds what must be looked at."""
        magic = self._kind.magic
        at = data.find(magic, start)
        while (at < 0 or len(data) - at < self._kind.look) and (more := self._more()):
            data = (data[at:] if at >= 0 else data[1 - len(magic) :]) + more
            at = data.find(magic)
        return data, at

    def _opens_with(self, opening: bytes, data: memoryview) -> bool:
        member, rest, content = self._kind(), data[: self._kind.look], b""
        try:
            while rest and not content and not member.ended:
                content, rest = member.decode(rest)
        except self._kind.error:
            return False
        return content.startswith(opening)
