"""The page in an HTTP response, with its encodings undone.

fastwarc does that. But it unpacks a body as a whole, however large, so bodies that are packed are measured first.
"""

from __future__ import annotations

import io
import re
import zlib
from typing import Literal, NamedTuple

from fastwarc.warc import WarcRecord

PAGE_TYPES = ("text/html", "application/xhtml+xml")
MAX_PAGE = 8 << 20
"""A larger page is quarantined, because its tree can take a hundred times its size. In the crawls of DCLM-Pool, Common
Crawl cut pages at 1 MiB."""
TOO_LARGE = f"page larger than {MAX_PAGE >> 20} MiB"
UNDECODABLE = "HTTP body cannot be decoded"
NO_RESPONSE = "no HTTP response in the record"

_BLOCK = 1 << 18
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_ENCODINGS = re.compile(rb"^(content|transfer)-encoding[ \t]*:((?:[^\n]|\n[ \t])*)", re.IGNORECASE | re.MULTILINE)
_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
_AUTOMATIC = 47  # zlib: a header of gzip or zlib


class Page(NamedTuple):
    """What an HTTP response holds."""

    content_type: str
    body: bytes
    """Empty when the content type is not that of a page."""
    problem: str | None = None


def read_page(message: bytes) -> Page:
    """The body of an HTTP response, decoded.

    Some crawlers store the decoded body below the headers of the encoded one (ClueWeb), so a body that is not what its
    headers say is taken as it stands when it looks like text.
    """
    if _is_bomb(message):
        return Page("", b"", TOO_LARGE)
    for decode in ("all", "transfer", "none"):
        try:
            page = _decoded(message, decode)
        except OSError:
            continue
        if decode != "all" and _CONTROL.search(page.body[:1024]):
            return page._replace(problem=UNDECODABLE)
        return page
    return Page("", b"", UNDECODABLE)


def _decoded(message: bytes, decode: Literal["all", "transfer", "none"]) -> Page:
    record = WarcRecord()
    record.is_http = True
    record.set_bytes_content(message)
    record.parse_http(auto_decode=decode, quirks_mode=True)  # quirks: header lines may end in a bare line feed
    if record.http_headers.status_code is None:
        return Page("", b"", NO_RESPONSE)
    content_type = (record.http_content_type or "").lower()
    body = _read(record) if content_type in PAGE_TYPES else b""
    return Page(content_type, body, TOO_LARGE if len(body) > MAX_PAGE else None)


def _read(record: WarcRecord) -> bytes:
    """The body, up to a block more than ``MAX_PAGE``. In blocks: fastwarc makes room for all that is asked for."""
    blocks, size = [], 0
    while size <= MAX_PAGE and (block := record.reader.read(_BLOCK)):
        blocks.append(block)
        size += len(block)
    return b"".join(blocks)


def _is_bomb(message: bytes) -> bool:
    """Whether undoing the encodings gives more than a page may have."""
    end = _HEADER_END.search(message)
    encodings = [
        (where.lower(), name.strip().lower())
        for where, names in _ENCODINGS.findall(message[: end.start() if end else 0])
        for name in names.split(b",")
    ]
    if not end or all(name in {b"chunked", b"identity"} for _, name in encodings):
        return False
    body = message[end.end() :]
    if (b"transfer", b"chunked") in encodings:
        body = _unchunked(body)
    encodings.sort(key=lambda encoding: encoding[0] == b"transfer")  # those of the transfer were put on last
    for _, name in reversed(encodings):
        body = _unpacked(body, name)
        if len(body) > MAX_PAGE:
            return True
    return False


def _unchunked(body: bytes) -> bytes:
    record = WarcRecord()
    record.is_http = True
    record.set_bytes_content(_CHUNKED + body)
    try:
        record.parse_http(auto_decode="transfer")
        return record.reader.read()
    except OSError:
        return body


def _unpacked(data: bytes, encoding: bytes) -> bytes:
    """What is packed, at most a little more than ``MAX_PAGE`` of it; ``data`` itself for other encodings."""
    if encoding in {b"gzip", b"deflate"}:
        return _inflated(data)
    if encoding == b"br":
        import brotli

        try:
            return brotli.Decompressor().process(data, output_buffer_limit=MAX_PAGE + 1)
        except brotli.error:
            return b""
    if encoding == b"zstd":
        import zstandard

        unpacker = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data), read_across_frames=True)
        try:
            return unpacker.read(MAX_PAGE + 1)
        except zstandard.ZstdError:
            return b""
    return data


def _inflated(data: bytes) -> bytes:
    content = b""
    while data and len(content) <= MAX_PAGE:
        member = zlib.decompressobj(wbits=_AUTOMATIC)
        try:
            content += member.decompress(data, MAX_PAGE + 1)
        except zlib.error:
            break
        data = member.unused_data
    return content
