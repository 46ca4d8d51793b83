"""The rows of ``metrics.jsonl``: one for each logged step, nothing that depends on time or machine speed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assay.base.files import disk_error, write_bytes

METRICS_NAME = "metrics.jsonl"
_MOST_ROWS = 1000
_FINAL_SHARE = 20


class MetricsLog:
    """Appends rows as they come; a run that goes on from step k first drops the rows after k."""

    def __init__(self, folder: Path, steps: int, done: int):
        self.path = folder / METRICS_NAME
        self.rows = [row for row in _read(self.path) if row["step"] <= done]
        self._every = max(1, steps // _MOST_ROWS)
        self._steps = steps
        write_bytes(self.path, b"".join(map(_line, self.rows)))

    def add(self, row: dict[str, Any]) -> None:
        """Write the row of a step (``row["step"]`` steps are done), if it is one of the logged steps."""
        if row["step"] % self._every and row["step"] != self._steps:
            return
        self.rows.append(row)
        try:
            with self.path.open("ab") as file:
                file.write(_line(row))
        except OSError as error:
            raise disk_error(error, self.path) from error

    def final_loss(self) -> float:
        """Mean loss over the last twentieth of the logged steps: a single batch is too noisy to compare runs by."""
        last = self.rows[-max(1, len(self.rows) // _FINAL_SHARE) :]
        return sum(row["loss"] for row in last) / len(last)


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps(row).encode() + b"\n"


def _read(path: Path) -> list[dict[str, Any]]:
    """The whole lines; a kill may have cut the last one."""
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [json.loads(line) for line in lines]
