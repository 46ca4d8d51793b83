"""The rows of ``metrics.jsonl``, one for each logged step.

What is learned (loss, grad_norm, learning_rate, bits_per_byte) is the same whenever and wherever a run is made; how
fast it went (``SPEED``) is not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assay.base.files import disk_error, write_bytes
from assay.training.track import Mirror, flat

METRICS_NAME = "metrics.jsonl"
SPEED = ("tokens_per_second", "mfu", "data_wait", "memory")
_MOST_ROWS = 1000
_FINAL_SHARE = 20


class MetricsLog:
    """Appends rows as they come; a run that goes on from step k first drops the rows after k.

    Only the process that is to ``write`` touches the file; the others keep the rows for themselves.
    """

    def __init__(self, folder: Path, steps: int, done: int, mirrors: Sequence[Mirror] = (), write: bool = True):
        self.path = folder / METRICS_NAME
        self.rows = [row for row in _read(self.path) if row["step"] <= done]
        self._every = max(1, steps // _MOST_ROWS)
        self._steps, self._mirrors, self._write = steps, mirrors, write
        if write:
            write_bytes(self.path, b"".join(map(_line, self.rows)))

    def wants(self, step: int) -> bool:
        """Whether the row after so many steps is one of those that are logged."""
        return step % self._every == 0 or step == self._steps

    def add(self, row: dict[str, Any]) -> None:
        """Write the row of a step (``row["step"]`` steps are done), if it is one of the logged steps or validated."""
        if not (self.wants(row["step"]) or row.get("bits_per_byte")):
            return
        self.rows.append(row)
        if self._write:
            self._append(row)

    def _append(self, row: dict[str, Any]) -> None:
        try:
            with self.path.open("ab") as file:
                file.write(_line(row))
        except OSError as error:
            raise disk_error(error, self.path) from error
        for mirror in self._mirrors:
            mirror(row["step"], flat(row))

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
