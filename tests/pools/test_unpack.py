"""Compressed streams: the whole content, and a word on what is missing."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from assay.pools.unpack import Content, unpack

PARTS = (b"first line\n" * 50, b"", b"second \xff part\n" * 3)
WHOLE = b"".join(PARTS)
GZIP = b"".join(gzip.compress(part, mtime=0) for part in PARTS)
ZSTD = b"".join(map(zstandard.compress, PARTS))
SKIPPABLE = b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"


def opened(data: bytes) -> Content:
    return unpack(io.BufferedReader(io.BytesIO(data)))


def everything(content: Content, size: int = 1 << 16) -> bytes:
    return b"".join(iter(lambda: content.read(size), b""))


@pytest.mark.parametrize(
    "data",
    [WHOLE, GZIP, ZSTD, GZIP + b"\0" * 700, SKIPPABLE + ZSTD, ZSTD + SKIPPABLE],
    ids=["plain", "gzip members", "zstd frames", "padded gzip", "zstd behind a skippable frame", "and before one"],
)
def test_content_is_whole(data):
    content = opened(data)
    assert everything(content, 7) == WHOLE
    assert content.damage is None
    assert content.read() == b""


@given(st.lists(st.binary(max_size=300), max_size=4), st.integers(1, 50))
def test_members_are_joined(parts, size):
    content = opened(b"".join(map(gzip.compress, parts)))
    assert everything(content, size) == b"".join(parts)


@pytest.mark.parametrize(("data", "name"), [(GZIP, "gzip"), (ZSTD, "zstd")])
def test_a_cut_anywhere_is_seen(data, name):
    compress = gzip.compress if name == "gzip" else zstandard.compress
    ends = [sum(len(compress(part)) for part in PARTS[:count]) for count in range(len(PARTS) + 1)]
    for cut in range(4, len(data)):
        content = opened(data[:cut])
        assert WHOLE.startswith(everything(content))
        assert content.damage == (None if cut in ends else f"truncated {name}"), cut


@pytest.mark.parametrize("data", [GZIP, ZSTD])
def test_foreign_bytes_behind_the_end_are_damage(data):
    content = opened(data + b"junk that is neither padding nor another member")
    assert everything(content) == WHOLE
    assert content.damage is not None
    assert content.damage.startswith("corrupt")


def test_a_wrong_checksum_is_damage():
    member = bytearray(gzip.compress(WHOLE))
    member[-5] ^= 1
    content = opened(bytes(member))
    everything(content)
    assert content.damage == "corrupt gzip"


def test_resume_behind_damage():
    members = [gzip.compress(b"WARC/ %d" % number * 9) for number in range(4)]
    members[1] = members[1][:15] + b"\x1f\x8b\x08 broken" + members[1][18:]
    content = opened(b"".join(members))
    assert everything(content) == b"WARC/ 0" * 9
    assert content.damage == "corrupt gzip"
    assert content.resume(b"WARC/")
    assert content.damage is None
    assert everything(content) == b"WARC/ 2" * 9 + b"WARC/ 3" * 9
    assert content.damage is None


def test_no_resume_where_nothing_fits():
    content = opened(gzip.compress(b"one") + b"junk" + gzip.compress(b"two"))
    everything(content)
    assert not content.resume(b"WARC/")
    assert content.damage == "corrupt gzip"


@pytest.mark.parametrize("pack", ["gzip", "zstd"])
def test_a_bomb_is_unpacked_in_bounded_memory(pack):
    packer = zlib.compressobj(9, wbits=31) if pack == "gzip" else zstandard.ZstdCompressor(level=3).compressobj()
    block = bytes(4 << 20)
    data = b"".join([*(packer.compress(block) for _ in range(15)), packer.flush()])
    assert len(data) < 1 << 20
    tracemalloc.start()
    content = opened(data)
    size = sum(map(len, iter(lambda: content.read(1 << 20), b"")))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == 60 << 20
    assert peak < 40 << 20


@pytest.mark.parametrize(("magic", "name"), [(b"BZh9", "bzip2"), (b"\xfd7zXZ\0", "xz"), (b"PK\x03\x04", "zip")])
def test_other_compressions_have_no_content(magic, name):
    content = opened(magic + b"rest")
    assert content.read() == b""
    assert content.damage == f"compressed with {name}, which assay does not read"
    assert not content.resume(b"WARC/")


@pytest.mark.parametrize("pack", ["gzip", "zstd"])
def test_a_large_bomb_is_damage(pack, monkeypatch):
    monkeypatch.setattr("assay.pools.unpack._MIN_BOMB", 1 << 24)
    packer = zlib.compressobj(9, wbits=31) if pack == "gzip" else zstandard.ZstdCompressor(level=3).compressobj()
    block = bytes(4 << 20)
    data = b"".join([*(packer.compress(block) for _ in range(40)), packer.flush()])
    content = opened(data + gzip.compress(b"behind"))
    assert sum(map(len, iter(lambda: content.read(1 << 20), b""))) < 64 << 20
    assert content.damage == f"{pack} that unpacks to more than 200 times its size"
    assert content.resume(b"behind") == (pack == "gzip")


def test_places(monkeypatch):
    content = unpack(io.BufferedReader(io.BytesIO(GZIP)), base=100)
    everything(content)
    second = len(gzip.compress(PARTS[0], mtime=0)) + len(gzip.compress(b"", mtime=0))
    ends = len(PARTS[0])
    places = [content.place(at) for at in (0, 7, ends, ends + 1)]
    assert places == ["100", "100+7", f"{100 + second}", f"{100 + second}+1"]
    plain = unpack(io.BufferedReader(io.BytesIO(WHOLE)), base=100)
    assert plain.place(7) == "107"
