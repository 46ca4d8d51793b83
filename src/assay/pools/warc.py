"""WARC and WET files (ISO 28500): pages from response records, text from conversion records."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Literal, NamedTuple

from fastwarc.warc import WarcRecord, WarcRecordType

from assay.pools.batch import MAX_DOCUMENT, TOO_LARGE, Row, rest_json, row_id
from assay.pools.pool import PoolFile
from assay.pools.quarantine import Reading
from assay.pools.unpack import Content
from assay.pools.warc_records import CANDIDATES, Found, Records

NO_PAGES = "metadata without pages, as in WAT files"
_NO_CONTENT = {"metadata", "warcinfo"}
_PAGE_TYPES = ("text/html", "application/xhtml+xml")
_BLOCK = 1 << 18
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def read_rows(content: Content, file: PoolFile, reading: Reading) -> Iterator[Row]:
    """The candidates of a WARC stream. Records of other kinds are counted as skipped.

    Response records of a page (``text/html``, ``application/xhtml+xml``) give ``html``: the HTTP body with transfer
    and content encodings undone. Conversion records give ``text``, strict UTF-8 as in DCLM's WARC reader. The WARC
    headers are kept as ``metadata``, as DCLM does. A file of metadata alone is quarantined.
    """
    kinds: set[str] = set()
    for found in Records(content, reading):
        kinds.add(str(found.record.record_type))
        row = _row(found, file.prefix, reading)
        if row:
            yield row
    if file.start == 0 and "metadata" in kinds <= _NO_CONTENT:
        reading.bad("file", NO_PAGES, PurePosixPath(file.path).name)


def _row(found: Found, prefix: str, reading: Reading) -> Row | None:
    kind = found.record.record_type
    if not kind & CANDIDATES:
        reading.skipped[str(kind)] += 1
        return None
    headers = found.record.headers
    url = (headers.get("WARC-Target-URI") or "").strip("<> ") or None
    if found.block is None:
        reading.bad(found.where, TOO_LARGE, url or "")
        return None
    rest = rest_json({"metadata": dict(iter(headers))})  # asdict would give them in any order
    id_ = row_id((found.record.record_id or "").strip("<> ").removeprefix("urn:uuid:"), prefix, found.place)
    if kind == WarcRecordType.conversion:
        return _text_row(Row(id_, found.block, url, rest=rest), found.where, reading)
    return _page_row(found, Row(id_, None, url, rest=rest), reading)


def _text_row(row: Row, where: str, reading: Reading) -> Row | None:
    try:
        (row.text or b"").decode()
    except UnicodeDecodeError:
        reading.bad(where, "not UTF-8", row.text or b"")
        return None
    return row


def _page_row(found: Found, row: Row, reading: Reading) -> Row | None:
    if not found.record.is_http:
        reading.skipped["response, not HTTP"] += 1
        return None
    page = _page(found.block or b"")
    if page.problem:
        reading.bad(found.where, page.problem, row.url or "")
    elif page.content_type not in _PAGE_TYPES:
        reading.skipped["response, not HTML" if page.content_type else "response, no content type"] += 1
    else:
        return row._replace(html=page.body)
    return None


class _Page(NamedTuple):
    content_type: str
    body: bytes
    """Empty when the content type is not that of a page."""
    problem: str | None = None


def _page(message: bytes) -> _Page:
    """The body of an HTTP response, decoded.

    Some crawlers store the decoded body below the headers of the encoded one (ClueWeb), so a body that is not what its
    headers say is taken as it stands when it looks like text.
    """
    for decode in ("all", "transfer", "none"):
        try:
            page = _decoded(message, decode)
        except OSError:
            continue
        if decode != "all" and _CONTROL.search(page.body[:1024]):
            return page._replace(problem="HTTP body cannot be decoded")
        return page
    return _Page("", b"", "HTTP body cannot be decoded")


def _decoded(message: bytes, decode: Literal["all", "transfer", "none"]) -> _Page:
    record = WarcRecord()
    record.is_http = True
    record.set_bytes_content(message)
    record.parse_http(auto_decode=decode, quirks_mode=True)  # quirks: header lines may end in a bare line feed
    if record.http_headers.status_code is None:
        return _Page("", b"", "no HTTP response in the record")
    content_type = (record.http_content_type or "").lower()
    body = _read(record) if content_type in _PAGE_TYPES else b""
    return _Page(content_type, body, TOO_LARGE if len(body) > MAX_DOCUMENT else None)


def _read(record: WarcRecord) -> bytes:
    """The body, up to a block more than ``MAX_DOCUMENT``. In blocks: fastwarc makes room for all that is asked for."""
    blocks, size = [], 0
    while size <= MAX_DOCUMENT and (block := record.reader.read(_BLOCK)):
        blocks.append(block)
        size += len(block)
    return b"".join(blocks)
