"""Pages in HTTP responses: encodings as servers write them, and bombs."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zlib

import brotli
import pytest
import zstandard

from assay.pools import page
from assay.pools.page import NO_RESPONSE, TOO_LARGE, UNDECODABLE, read_page

PAGE = b"<p>hello " + bytes(range(32, 127)) * 3 + b"</p>"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


def chunked(body: bytes) -> bytes:
    half = len(body) // 2
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:half], body[half:])) + b"0\r\n\r\n"


def response(body: bytes, *headers: bytes) -> bytes:
    return HEAD + b"".join(header + b"\r\n" for header in headers) + b"\r\n" + body


ENCODED = {
    "plain": response(PAGE),
    "length too small": response(PAGE, b"Content-Length: 5"),
    "length too large": response(PAGE, b"Content-Length: 100000"),
    "length is no number": response(PAGE, b"Content-Length: many"),
    "chunked": response(chunked(PAGE), b"Transfer-Encoding: chunked"),
    "chunked, without the end": response(chunked(PAGE)[:-5], b"Transfer-Encoding: chunked"),
    "said to be chunked": response(PAGE, b"Transfer-Encoding: chunked"),
    "gzip": response(gzip.compress(PAGE), b"Content-Encoding: gzip"),
    "gzip in two members": response(gzip.compress(PAGE[:9]) + gzip.compress(PAGE[9:]), b"Content-Encoding: gzip"),
    "gzip, chunked": response(chunked(gzip.compress(PAGE)), b"Transfer-Encoding: chunked", b"Content-Encoding: gzip"),
    "gzip for the transfer": response(chunked(gzip.compress(PAGE)), b"Transfer-Encoding: gzip, chunked"),
    "deflate": response(zlib.compress(PAGE), b"Content-Encoding: deflate"),
    "brotli": response(brotli.compress(PAGE), b"Content-Encoding: br"),
    "deflate without a header": response(zlib.compress(PAGE, wbits=-15), b"Content-Encoding: deflate"),
    "two content types": response(PAGE, b"Content-Type: text/html"),
    "zstd": response(zstandard.compress(PAGE), b"Content-Encoding: zstd"),
    "twice": response(zlib.compress(gzip.compress(PAGE)), b"Content-Encoding: gzip, deflate"),
    "folded header": response(gzip.compress(PAGE), b"Content-Encoding:\r\n GZIP"),
    "said to be gzip": response(PAGE, b"Content-Encoding: gzip"),
    "said to be brotli": response(PAGE, b"Content-Encoding: br"),
}


@pytest.mark.parametrize("name", ENCODED)
def test_encodings(name):
    assert read_page(ENCODED[name]) == ("text/html", PAGE, None)


@pytest.mark.parametrize("name", ENCODED)
def test_a_large_page_is_told_however_it_is_packed(name, monkeypatch):
    monkeypatch.setattr(page, "MAX_PAGE", len(PAGE) - 1)
    assert read_page(ENCODED[name]).problem == TOO_LARGE


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (response(b"\x00\x01\x02" * 50, b"Content-Encoding: gzip"), UNDECODABLE),
        (response(gzip.compress(PAGE)[:-20], b"Content-Encoding: compress"), UNDECODABLE),
        (b"", NO_RESPONSE),
        (b"\r\n\r\n", NO_RESPONSE),
        (PAGE, NO_RESPONSE),
    ],
)
def test_what_is_no_page(message, problem):
    assert read_page(message).problem == problem


@pytest.mark.parametrize("name", ["chunked", "gzip", "gzip, chunked", "gzip for the transfer", "deflate", "brotli"])
def test_a_cut_body_gives_what_is_there(name):
    found = read_page(ENCODED[name][:-30])
    assert found.problem is None
    assert len(found.body) > 20
    assert PAGE.startswith(found.body)


BOMB = """
import resource, sys, time, zlib, gzip, brotli, zstandard
from assay.pools.page import TOO_LARGE, read_page

def pack(packer, feed, end):
    block = bytes(1 << 20)
    return b"".join([*(feed(packer, block) for _ in range(1000)), end(packer)])

names = {
    "gzip": lambda: pack(zlib.compressobj(1, wbits=31), lambda p, b: p.compress(b), lambda p: p.flush()),
    "br": lambda: pack(brotli.Compressor(quality=2), lambda p, b: p.process(b), lambda p: p.finish()),
    "zstd": lambda: pack(zstandard.ZstdCompressor().compressobj(), lambda p, b: p.compress(b), lambda p: p.flush()),
}
name = sys.argv[1]
body = names[name]() if name in names else gzip.compress(names["gzip"]())
name = name if name in names else "gzip, gzip"
head = f"HTTP/1.1 200 OK\\r\\nContent-Type: text/html\\r\\nContent-Encoding: {name}\\r\\n\\r\\n"
before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
assert read_page(head.encode() + body).problem == TOO_LARGE
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, time.process_time() - start)
"""


@pytest.mark.parametrize("name", ["gzip", "br", "zstd", "twice"])
def test_a_bomb_is_not_unpacked(name):
    shown = subprocess.run([sys.executable, "-c", BOMB, name], capture_output=True, text=True, check=True).stdout
    kilobytes, seconds = map(float, shown.split())
    assert kilobytes < 100_000
    assert seconds < 1
