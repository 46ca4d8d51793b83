"""The page in an HTTP response, with its encodings undone.

fastwarc does that. But it unpacks a body as a whole, however large, so bodies that are packed are measured first; and
it gives nothing of a body that is not quite what its headers say.
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
_CHUNK = re.compile(rb"([0-9a-f]{1,8})[ \t]*(?:;[^\n]*)?\r?\n", re.IGNORECASE)
_UNPACKED = (b"chunked", b"identity")  # what makes a body no smaller
_AUTOMATIC = 47  # zlib: a header of gzip or zlib


class Page(NamedTuple):
    """What an HTTP response holds."""

    content_type: str
    body: bytes
    """Empty when the content type is not that of a page."""
    problem: str | None = None


def read_page(message: bytes) -> Page:
    """The body of an HTTP response, decoded.

    A body that was cut gives what is there. Some crawlers store the decoded body below the headers of the encoded one
    (ClueWeb), so a body that is not what its headers say is taken as it stands when it looks like text.
    """
    encoded, encodings = _encoded(message)
    packed = any(name not in _UNPACKED for name in encodings)
    body = _undone(encoded, encodings) if packed else b""
    if len(body) > MAX_PAGE:
        return Page("", b"", TOO_LARGE)
    try:
        return _decoded(message, "all")
    except OSError:
        page = _decoded(message, "none")
    if page.problem or page.content_type not in PAGE_TYPES:
        return page
    for found in (body or _undone(encoded, encodings), page.body):
        if not _CONTROL.search(found[:1024]):
            return page._replace(body=found)
    return page._replace(problem=UNDECODABLE)


def _decoded(message: bytes, decode: Literal["all", "none"]) -> Page:
    record = WarcRecord()
    record.is_http = True
    record.set_bytes_content(message)
    record.parse_http(auto_decode=decode, quirks_mode=True)  # quirks: header lines may end in a bare line feed
    if record.http_headers.status_code is None:
        return Page("", b"", NO_RESPONSE)
    content_type = (record.http_content_type or "").lower().partition(",")[0].strip()
    body = _read(record) if content_type in PAGE_TYPES else b""
    return Page(content_type, body, TOO_LARGE if len(body) > MAX_PAGE else None)


def _read(record: WarcRecord) -> bytes:
    """The body, up to a block more than ``MAX_PAGE``. In blocks: fastwarc makes room for all that is asked for."""
    blocks, size = [], 0
    while size <= MAX_PAGE and (block := record.reader.read(_BLOCK)):
        blocks.append(block)
        size += len(block)
    return b"".join(blocks)


def _encoded(message: bytes) -> tuple[bytes, list[bytes]]:
    """The body as it is in the response, and its encodings in the order in which they are to be undone."""
    end = _HEADER_END.search(message)
    if not end:
        return b"", []
    encodings = [
        (where.lower(), name.strip().lower())
        for where, names in _ENCODINGS.findall(message[: end.start()])
        for name in names.split(b",")
    ]
    encodings.sort(key=lambda encoding: encoding[0] == b"transfer")  # those of the transfer were put on last
    return message[end.end() :], [name for _, name in reversed(encodings)]


def _undone(body: bytes, encodings: list[bytes]) -> bytes:
    """The body without its encodings, as far as they can be undone, but not much more than ``MAX_PAGE``."""
    for name in encodings:
        body = (_unchunked(body) if name == b"chunked" else _unpacked(body, name)) or body
        if len(body) > MAX_PAGE and name not in _UNPACKED:
            break
    return body


def _unchunked(body: bytes) -> bytes:
    """What the chunks hold, the last one also where it was cut."""
    parts, at = [], 0
    while (head := _CHUNK.match(body, at)) and (size := int(head[1], 16)):
        parts.append(body[head.end() : head.end() + size])
        at = head.end() + size
        at += 2 if body.startswith(b"\r\n", at) else 1
    return b"".join(parts)


def _unpacked(data: bytes, encoding: bytes) -> bytes:
    """What is packed, at most a little more than ``MAX_PAGE`` of it; nothing where it is not or in other ways."""
    if encoding in {b"gzip", b"deflate"}:
        return _inflated(data) or (_inflated_raw(data) if encoding == b"deflate" else b"")
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
    return b""


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


def _inflated_raw(data: bytes) -> bytes:
    """Deflate without the header of zlib, as some servers send it."""
    member = zlib.decompressobj(wbits=-15)
    try:
        content = member.decompress(data, MAX_PAGE + 1)
    except zlib.error:
        return b""
    return content if member.eof or len(content) > MAX_PAGE else b""
