"""Reading a pool file to its end, and what came out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from assay.pools.columns import Columns
from assay.pools.pool import PoolFile
from assay.pools.quarantine import BadRow
from assay.pools.reader import read_file


@dataclass
class Outcome:
    rows: list[dict[str, Any]] = field(default_factory=list)
    rests: list[dict[str, Any] | None] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def reasons(self) -> list[tuple[str, str]]:
        return [(row.where, row.reason) for row in self.bad]

    @property
    def texts(self) -> list[str]:
        return [row["text"] for row in self.rows]


def read_all(path: Path | str, columns: Columns | None = None) -> Outcome:
    outcome = Outcome()
    file = PoolFile(0, str(path), "f" * 64, 0, "f" * 12)
    for batch in read_file(file, columns or Columns(), outcome.bad.append, outcome.skipped):
        batch.validate(full=True)
        rows = batch.to_pylist()
        rests = (row.pop("rest") for row in rows)
        outcome.rests += [rest and json.loads(rest) for rest in rests]
        outcome.rows += rows
    return outcome


@pytest.fixture(scope="session")
def read() -> Callable[..., Outcome]:
    return read_all
