"""The content of a pool file as a stream: decompressed, with a word on whether it was whole.

fastwarc and zstandard end quietly where a compressed file was cut, so documents would be lost unseen. Here the stream
keeps account: after its end ``damage`` says what was wrong with it, or is None.
"""

from __future__ import annotations

import io
import re
import zlib
from typing import IO, Protocol

import zstandard

from assay.base.errors import InputError

_BLOCK = 1 << 18
_STEP = 1 << 20
_ZSTD_STEP = 1 << 9  # 4 bytes of zstd may hold 128 KiB, so one step gives at most 16 MiB
_MAX_WINDOW = 1 << 31  # what `zstd --long=31` writes
_SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")  # a zstd frame without content
_UNSUPPORTED = {b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x04\x22\x4d\x18": "lz4", b"PK\x03\x04": "zip"}


class Content(Protocol):
    """What a file holds, read forward. ``read`` gives nothing more at the end of the file and where damage begins."""

    damage: str | None

    def read(self, size: int = ...) -> bytes:
        """Up to ``size`` bytes."""
        ...

    def resume(self, opening: bytes) -> bool:
        """After damage, go on at the next part of the file that starts with ``opening``; False when there is none."""
        ...


def unpack(source: io.BufferedReader, where: str) -> Content:
    """The content of a file; its compression is told by its first bytes, whatever its name says.

    InputError for compressions that assay does not read.
    """
    start = source.peek(8)
    for magic, name in _UNSUPPORTED.items():
        if start.startswith(magic):
            message = f"is compressed with {name}, which assay does not read"
            raise InputError(message, where=where, hint="compress it with zstd or gzip instead")
    if start.startswith(_Gzip.magic[:2]):
        return _Packed(source, _Gzip)
    if start.startswith(_Zstd.magic) or _SKIPPABLE.match(start):
        return _Packed(source, _Zstd)
    return _Plain(source)


class _Plain:
    damage: str | None = None

    def __init__(self, source: IO[bytes]):
        self._source = source

    def read(self, size: int = _STEP) -> bytes:
        return self._source.read(size)

    def resume(self, opening: bytes) -> bool:
        return False


class _Gzip:
    """One gzip member."""

    name, magic, error = "gzip", b"\x1f\x8b\x08", zlib.error

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

    def __init__(self, source: IO[bytes], kind: type[_Gzip] | type[_Zstd]):
        self.damage: str | None = None
        self._source, self._kind = source, kind
        self._member = kind()
        self._input = self._last_input = self._content = memoryview(b"")

    def read(self, size: int = _STEP) -> bytes:
        while not self._content and not self.damage and self._advance():
            pass
        content, self._content = self._content[:size], self._content[size:]
        return bytes(content)

    def _advance(self) -> bool:
        """One step: more input, the next member, or some content. False at the end of the file."""
        at_end = not self._input and not self._fill()
        if self._member.ended:
            if self._input[:1] == b"\0":  # zeros may pad the file
                self._input = memoryview(bytes(self._input).lstrip(b"\0"))
            if self._input:
                self._member = self._kind()
            return not at_end
        self._decode(at_end)
        return True

    def _fill(self) -> bool:
        self._input = memoryview(self._source.read(_BLOCK))
        return len(self._input) > 0

    def _decode(self, at_end: bool) -> None:
        self._last_input = self._input or self._last_input
        try:
            content, self._input = self._member.decode(self._input)
        except self._kind.error:
            self.damage = f"corrupt {self._kind.name}"
            return
        self._content = memoryview(content)
        if at_end and not content and not self._member.ended:
            self.damage = f"truncated {self._kind.name}"

    def resume(self, opening: bytes) -> bool:
        self._input = self._last_input
        while self._find_magic():
            if self._opens_with(opening):
                self.damage, self._member = None, self._kind()
                return True
        return False

    def _find_magic(self) -> bool:
        """Drop input up to the next place where a member could start, and have a block of input from there."""
        while (at := bytes(self._input).find(self._kind.magic, 1)) < 0:
            more = self._source.read(_BLOCK)
            if not more:
                return False
            self._input = memoryview(bytes(self._input[-len(self._kind.magic) :]) + more)
        self._input = memoryview(bytes(self._input[at:]) + self._source.read(_BLOCK))
        return True

    def _opens_with(self, opening: bytes) -> bool:
        member, rest, content = self._kind(), self._input, b""
        try:
            while rest and not content and not member.ended:
                content, rest = member.decode(rest)
        except self._kind.error:
            return False
        return content.startswith(opening)
