"""What is in a pool: a single pass with bounded memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.pools.formats import format_of
from assay.pools.pool import pool_columns, pool_files
from assay.pools.quarantine import BadRow
from assay.pools.reader import read_file
from assay.records.record import Record

_QUANTILES = (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0)
_HOSTS_SHOWN, _HOSTS_COUNTED = 10, 100_000
_BITS = 8


@dataclass(frozen=True)
class PoolStats:
    """Totals over all files of a pool."""

    files: int
    bytes: int
    """As stored."""
    documents: int
    text_bytes: int
    html_bytes: int
    quarantined: dict[str, int]
    """Candidates that cannot be used, by reason."""
    skipped: dict[str, int]
    """Parts of files that are no candidates, by kind."""
    documents_by_format: dict[str, int]
    text_characters: dict[str, int]
    """Quantiles of the length of the texts ("50%" is the median), to within 1 %."""
    page_bytes: dict[str, int]
    """The same for pages, whose text is not extracted yet."""
    top_hosts: list[tuple[str, int]]
    """The ten hosts with most documents; with more than 100,000 hosts the counts are lower bounds."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON-like values."""
        return asdict(self)


def pool_stats(record: Record, folder: str | Path | None = None) -> PoolStats:
    """Read a whole pool and count. ``folder`` is the record's, when the pool's files lie there."""
    count = _Count()
    files = pool_files(record, folder)
    for file in files:
        kind = format_of(file.path)
        for batch in read_file(file, pool_columns(record), count.quarantine, count.skipped):
            count.add(batch, kind)
    return PoolStats(
        files=len(files),
        bytes=sum(file.bytes for file in files),
        documents=count.formats.total(),
        text_bytes=count.text_bytes,
        html_bytes=count.html_bytes,
        quarantined=dict(count.quarantined.most_common()),
        skipped=dict(count.skipped.most_common()),
        documents_by_format=dict(count.formats.most_common()),
        text_characters=count.texts.quantiles(),
        page_bytes=count.pages.quantiles(),
        top_hosts=count.hosts.most_common(_HOSTS_SHOWN),
    )


class Lengths:
    """A distribution of lengths in bounded memory: exact below 256, above to within 1/256 of the value."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self._largest = 0

    def add(self, lengths: np.ndarray) -> None:
        """Count non-negative integers."""
        if not len(lengths):
            return
        shift = np.maximum(np.frexp(lengths.astype(np.float64))[1] - _BITS, 0)
        values, counts = np.unique(lengths >> shift << shift, return_counts=True)
        self._counts.update(dict(zip(values.tolist(), counts.tolist(), strict=True)))
        self._largest = max(self._largest, int(lengths.max()))

    def quantiles(self) -> dict[str, int]:
        """The 1, 10, 25, 50, 75, 90 and 99 % quantiles and the maximum; empty when nothing was added."""
        if not self._counts:
            return {}
        values = np.array(sorted(self._counts))
        below = np.cumsum([self._counts[value] for value in values.tolist()])
        places = np.searchsorted(below, np.array(_QUANTILES) * below[-1])
        found = dict(zip((f"{share:.0%}" for share in _QUANTILES), values[places].tolist(), strict=True))
        return found | {"100%": self._largest}


@dataclass
class _Count:
    text_bytes: int = 0
    html_bytes: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    hosts: Counter[str] = field(default_factory=Counter)
    texts: Lengths = field(default_factory=Lengths)
    pages: Lengths = field(default_factory=Lengths)

    def quarantine(self, row: BadRow) -> None:
        self.quarantined[row.reason] += row.rows

    def add(self, batch: pa.RecordBatch, kind: str) -> None:
        self.formats[kind] += len(batch)
        texts = batch.column("text").drop_null()
        self.texts.add(_lengths(texts, "utf8_length"))
        self.text_bytes += int(_lengths(texts, "binary_length").sum())
        if "html" in batch.schema.names:
            sizes = _lengths(batch.column("html").drop_null(), "binary_length")
            self.pages.add(sizes)
            self.html_bytes += int(sizes.sum())
        self.hosts.update(filter(None, map(_host, batch.column("url").to_pylist())))
        if len(self.hosts) > _HOSTS_COUNTED:
            self.hosts = Counter(dict(self.hosts.most_common(_HOSTS_COUNTED // 2)))


def _lengths(values: pa.Array, function: str) -> np.ndarray:
    return np.asarray(pc.call_function(function, [values]))


def _host(url: str | None) -> str | None:
    try:
        return urlsplit(url or "").hostname
    except ValueError:
        return None
