"""How far an experiment is: its stages, the runs in the making, and how long the training that is left will take."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, Literal

from assay.experiments.plan import Plan, Stage
from assay.records.artifact import is_being_made, partial_folder
from assay.records.record import read_record

State = Literal["done", "running", "stopped", "to do"]
"""stopped: begun, and no process is at it; the next ``assay run`` goes on with it."""


@dataclass(frozen=True)
class StageStatus:
    """One stage; of runs also how far the training is."""

    kind: str
    label: str
    id: str
    state: State
    trained: float | None = None
    """Share of the run's tokens."""
    loss: float | None = None
    """The last training loss."""
    tokens_per_second: float | None = None
    scale: str | None = None
    tokens: int | None = None
    """Of the whole run."""


@dataclass(frozen=True)
class Status:
    """An experiment's stages in order."""

    stages: list[StageStatus]

    @property
    def training_seconds_left(self) -> float | None:
        """What the runs that are not done will take at the speed of those seen, so many at a time as are running.

        None where a scale has not been seen yet. Curation and evaluation are not in it.
        """
        runs = [stage for stage in self.stages if stage.kind == "run"]
        seconds = 0.0
        for run in runs:
            if run.state != "done":
                seen = [each.tokens_per_second for each in runs if each.scale == run.scale and each.tokens_per_second]
                if not seen or run.tokens is None:
                    return None
                seconds += run.tokens * (1 - (run.trained or 0.0)) / fmean(seen)
        return seconds / max(1, sum(run.state == "running" for run in runs))

    def to_json(self) -> dict[str, Any]:
        """As JSON-like values."""
        stages = [asdict(stage) for stage in self.stages]
        return {"stages": stages, "training_seconds_left": self.training_seconds_left}


def status(plan: Plan) -> Status:
    """Look at the folders of a plan's stages; nothing is made or changed."""
    return Status([_look(stage) for stage in plan.stages])


def _look(stage: Stage) -> StageStatus:
    partial = partial_folder(stage.folder, stage.identity)
    state: State = "to do"
    if stage.done:
        state = "done"
    elif partial.exists():
        state = "running" if is_being_made(partial) else "stopped"
    known = StageStatus(stage.kind, stage.label, stage.identity.id, state)
    if stage.kind != "run":
        return known
    return StageStatus(**asdict(known) | _training(stage, partial))


def _training(stage: Stage, partial: Path) -> dict[str, Any]:
    scale = stage.identity.config["scale"]
    found: dict[str, Any] = {"scale": scale["name"], "tokens": scale["tokens"]}
    if stage.done:
        metrics = read_record(stage.folder).metrics
        return found | {
            "trained": 1.0,
            "loss": metrics.get("final_loss"),
            "tokens_per_second": metrics.get("tokens_per_second"),
        }
    rows = list(_rows(partial / "metrics.jsonl"))
    if rows:
        found |= {"trained": min(1.0, rows[-1]["tokens"] / scale["tokens"]), "loss": rows[-1]["loss"]}
        speeds = [row["tokens_per_second"] for row in rows if row.get("tokens_per_second")]
        found |= {"tokens_per_second": fmean(speeds) if speeds else None}
    return found


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a file that is being written."""
    if path.exists():
        for line in path.read_bytes().split(b"\n")[:-1]:
            yield json.loads(line)
