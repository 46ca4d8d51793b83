"""Rows of a pool file, gathered into Arrow batches of bounded size."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pyarrow as pa

MAX_DOCUMENTS = 1_000
MAX_BYTES = 8_000_000
"""A batch is closed when its texts and pages reach this size; it can be larger by one document."""
MAX_DOCUMENT = 64 << 20
"""A larger line, text or page is quarantined: what is read must fit in memory."""
TOO_LARGE = f"larger than {MAX_DOCUMENT >> 20} MiB"

REST = "rest"
"""The column of what else the pool knows of a document: one JSON object (string) or null."""
SCHEMA = pa.schema([("id", pa.string()), ("text", pa.large_string()), ("url", pa.string()), (REST, pa.large_string())])
PAGE_SCHEMA = SCHEMA.append(pa.field("html", pa.large_binary()))
"""Batches from WARC files: ``text`` is null where only the page is there and the text must still be extracted."""


class Row(NamedTuple):
    """One candidate. Text is valid UTF-8, a page is any bytes."""

    id: str
    text: bytes | None
    url: str | None
    html: bytes | None = None
    rest: bytes | None = None
    """What else the file says of the candidate: a JSON object."""

    @property
    def size(self) -> int:
        """Bytes of all but id and url."""
        return len(self.text or b"") + len(self.html or b"") + len(self.rest or b"")


def batched(rows: Iterable[Row], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Batches of at most 1,000 rows and about 8 MB, in order."""
    waiting: list[Row] = []
    size = 0
    for row in rows:
        waiting.append(row)
        size += row.size
        if len(waiting) == MAX_DOCUMENTS or size >= MAX_BYTES:
            yield _batch(waiting, schema)
            waiting, size = [], 0
    if waiting:
        yield _batch(waiting, schema)


def _batch(rows: list[Row], schema: pa.Schema) -> pa.RecordBatch:
    columns = {
        "id": pa.array([row.id for row in rows], pa.string()),
        "text": pa.array([row.text for row in rows], pa.large_binary()).view(pa.large_string()),
        "url": pa.array([row.url for row in rows], pa.string()),
        "html": pa.array([row.html for row in rows], pa.large_binary()),
        REST: pa.array([row.rest for row in rows], pa.large_binary()).view(pa.large_string()),
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def row_id(value: object, prefix: str, place: int | str) -> str:
    """The id of a row: ``value`` when it is a usable string or whole number, otherwise ``prefix:place``."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return valid_string(value) or f"{prefix}:{place}"


def rest_json(rest: dict[str, Any]) -> bytes | None:
    """What else is known of a row as JSON; None when that is nothing."""
    if not rest:
        return None
    # Escaped, so that what Python reads as a lone surrogate is valid UTF-8 here and comes out as it went in.
    return json.dumps(rest, default=str).encode()


def valid_string(value: object) -> str | None:
    """``value`` when it is a string that UTF-8 can hold (no lone surrogates) and not empty."""
    if not isinstance(value, str) or not value:
        return None
    try:
        value.encode()
    except UnicodeEncodeError:
        return None
    return value
