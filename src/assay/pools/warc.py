"""WARC and WET files (ISO 28500): pages from response records, text from conversion records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from fastwarc.warc import WarcRecordType

from assay.pools.batch import TOO_LARGE, Row, rest_json, row_id
from assay.pools.page import PAGE_TYPES, read_page
from assay.pools.pool import PoolFile
from assay.pools.quarantine import Reading
from assay.pools.unpack import Content
from assay.pools.warc_records import CANDIDATES, Found, Records

NO_PAGES = "metadata without pages, as in WAT files"
_NO_CONTENT = {"metadata", "warcinfo"}


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
    page = read_page(found.block or b"")
    if page.problem:
        reading.bad(found.where, page.problem, row.url or "")
    elif page.content_type not in PAGE_TYPES:
        reading.skipped["response, not HTML" if page.content_type else "response, no content type"] += 1
    else:
        return row._replace(html=page.body)
    return None
