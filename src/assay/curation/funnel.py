"""The funnel: how many documents and bytes each step let through, why the others fell, and samples of both.

Parts are made file by file and merged; the result does not depend on how the pool was divided among workers.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from assay.curation.apply import KEPT, Outcome
from assay.curation.documents import Documents, content_bytes, string_bytes
from assay.pools.batch import REST

SAMPLES = 50
"""Samples kept of each outcome (dropped, kept) of each step."""
SAMPLE_CHARACTERS = 2000
_MANY = 4_096
"""Batches of metadata are larger than this; to read documents alone, whose batches are not, takes no numba."""
NEVER = 1 << 40
"""Above every priority."""
SampleAt = Callable[[int], dict[str, Any]]
"""Row → the sample of the document there, without its priority."""


@dataclass
class StepCount:
    """What one step did."""

    documents_in: int = 0
    documents_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    documents_added: int = 0
    """Made by splitting others."""
    reasons: dict[str, int] = field(default_factory=dict)
    dropped: list[dict[str, Any]] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)

    def count(self, before: Documents, outcome: Outcome) -> None:
        """Add one batch."""
        after = outcome.documents
        self.tally(content_bytes(before), content_bytes(after), outcome.codes, outcome.reasons)
        self.documents_added += outcome.added
        priorities = before.derived(sample_priority)
        passed = after.derived(sample_priority) if outcome.added else priorities[outcome.kept]
        self.sample(
            np.where(outcome.kept, NEVER, priorities),
            lambda row: _sample(before, row, outcome.reasons[outcome.codes[row]]),
            passed,
            lambda row: _sample(after, row, None),
        )

    def tally(self, before: np.ndarray, after: np.ndarray, codes: np.ndarray, reasons: tuple[str, ...]) -> None:
        """Add documents, given the bytes of each that came and of each that goes on, and why the others do not."""
        self.documents_in += len(before)
        self.documents_out += len(after)
        self.bytes_in += int(before.sum())
        self.bytes_out += int(after.sum())
        for code, number in zip(*np.unique(codes[codes != KEPT], return_counts=True), strict=True):
            add_counts(self.reasons, {reasons[code]: int(number)})

    def sample(self, dropped: np.ndarray, dropped_at: SampleAt, kept: np.ndarray, kept_at: SampleAt) -> None:
        """Take samples among documents with these priorities (see ``sample_priority``; ``NEVER``: not this one)."""
        self.dropped = _with_samples(self.dropped, dropped, dropped_at)
        self.kept = _with_samples(self.kept, kept, kept_at)

    def merge(self, other: StepCount) -> None:
        """Add what the same step did to other documents."""
        for name in ("documents_in", "documents_out", "documents_added", "bytes_in", "bytes_out"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        add_counts(self.reasons, other.reasons)
        self.dropped = _fewest(self.dropped + other.dropped)
        self.kept = _fewest(self.kept + other.kept)

    def summary(self) -> dict[str, Any]:
        """The counts, without the samples."""
        if self.documents_in + self.documents_added != self.documents_out + sum(self.reasons.values()):
            raise AssertionError("documents in and added are not documents out plus documents dropped")
        added = {"documents_added": self.documents_added} if self.documents_added else {}
        return added | {
            "documents_in": self.documents_in,
            "documents_out": self.documents_out,
            "bytes_in": self.bytes_in,
            "bytes_out": self.bytes_out,
            "reasons": dict(sorted(self.reasons.items(), key=lambda item: (-item[1], item[0]))),
        }


def add_counts(total: dict[str, int], more: dict[str, int]) -> None:
    """Add the counts of ``more`` to ``total``."""
    for reason, number in more.items():
        total[reason] = total.get(reason, 0) + number


def sample_priority(documents: Documents) -> np.ndarray:
    """int64 a document, from its id alone: the documents with the lowest are the samples."""
    return priorities_of(documents.ids)


def priorities_of(ids: pa.Array) -> np.ndarray:
    """The same from the ids."""
    if len(ids) >= _MANY:
        from assay.curation.kernels.checksums import crc32

        return crc32(*string_bytes(ids.cast(pa.large_string())))
    return np.fromiter((zlib.crc32(id_.encode()) for id_ in ids.to_pylist()), np.int64, len(ids))


def _fewest(samples: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(samples, key=lambda sample: (sample["priority"], sample["id"]))[:SAMPLES]


def _with_samples(samples: list[dict[str, Any]], priorities: np.ndarray, sample_at: SampleAt) -> list[dict[str, Any]]:
    """``samples`` and those of these documents that belong among the fewest."""
    worst = samples[-1]["priority"] if len(samples) == SAMPLES else NEVER - 1
    rows = np.flatnonzero(priorities <= worst)
    rows = rows[np.argsort(priorities[rows], kind="stable")[:SAMPLES]]
    return _fewest(samples + [{"priority": int(priorities[row]), **sample_at(row)} for row in rows.tolist()])


def _sample(documents: Documents, row: int, reason: str | None) -> dict[str, Any]:
    columns = documents.batch
    return {
        "id": columns.column("id")[row].as_py(),
        "url": columns.column("url")[row].as_py(),
        "reason": reason,
        "text": excerpt(documents, row),
    }


def excerpt(documents: Documents, row: int) -> str:
    """The beginning of the text; before there is one, of the page or of what else the pool knows."""
    text = documents.text[row].as_py()
    for column in ("html", REST):
        if text is None and documents.has(column):
            value = documents.batch.column(column)[row].as_py()
            text = value[: 4 * SAMPLE_CHARACTERS].decode(errors="replace") if isinstance(value, bytes) else value
    return (text or "")[:SAMPLE_CHARACTERS]
