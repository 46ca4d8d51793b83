"""DCLM's board: a row a trained dataset, own runs among published ones, ordered by CORE.

CORE, EXTENDED and MMLU are formed anew from the scores of the tasks, so that all rows have the same baselines.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from math import sqrt
from pathlib import Path
from typing import Literal

from assay.base.errors import InputError
from assay.base.files import below, open_bytes
from assay.evaluation.aggregates import Aggregate, Version, aggregate, aggregated_tasks
from assay.report.gather import Artifact, Evaluation, Gathered, gather

Track = Literal["filtering", "bring-your-own"]
"""DCLM's: a recipe over one given pool, or any data."""


@dataclass(frozen=True)
class Model:
    """What is known of a model and its data. None is what is not known."""

    dataset: str
    provenance: str
    """The evaluation's content id, or the uuid of the published one."""
    recipe: str | None = None
    scale: str | None = None
    track: Track | None = None
    parameters: float | None = None
    tokens: float | None = None
    flops: float | None = None
    """6·N·D where the run does not tell."""


@dataclass(frozen=True)
class Standing(Model):
    """One evaluated model; an aggregate is None where its tasks are missing."""

    core: float | None = None
    core_stderr: float | None = None
    """From the standard errors of the 22 tasks, as if independent."""
    extended: float | None = None
    mmlu: float | None = None
    scores: dict[str, float] = field(default_factory=dict)
    """Accuracy by task."""


def standing(
    model: Model, scores: Mapping[str, float], version: Version = "v2", stderr: Mapping[str, float] | None = None
) -> Standing:
    """A row from accuracies from 0 to 1 by task, and their standard errors."""
    if model.flops is None and model.parameters and model.tokens:
        model = replace(model, flops=6.0 * model.parameters * model.tokens)
    found = aggregate(scores, version)
    error = _core_stderr(found, stderr or {})
    return Standing(
        **asdict(model),
        core=found.core,
        core_stderr=error,
        extended=found.extended,
        mmlu=found.mmlu,
        scores=dict(scores),
    )


def _core_stderr(found: Aggregate, stderr: Mapping[str, float]) -> float | None:
    baselines = {name: task.baseline[found.version] for name, task in aggregated_tasks().items() if task.core}
    if found.core is None or not set(baselines) <= set(stderr):
        return None
    return sqrt(sum((stderr[name] / (1 - baseline)) ** 2 for name, baseline in baselines.items())) / len(baselines)


def own_standings(folders: Iterable[str | Path], version: Version = "v2") -> list[Standing]:
    """The evaluations below folders that scored a task of DCLM's suites. InputError where there is nothing of assay."""
    gathered = gather(folders)
    rows = [_own(each, gathered, version) for each in gathered.evaluations]
    return [row for row in rows if set(row.scores) & set(aggregated_tasks())]


def _own(evaluation: Evaluation, gathered: Gathered, version: Version) -> Standing:
    with open_bytes(below(evaluation.folder, "results.json")) as file:
        tasks = [task for task in json.load(file)["tasks"] if task["metric"] == "accuracy"]
    model = Model(evaluation.recipe, evaluation.id)
    if run := evaluation.run:
        counts = {key: run.record.metrics.get(key) for key in ("parameters", "tokens", "flops")}
        model = replace(model, scale=run.scale, **counts)
        if run.dataset:
            model = replace(model, recipe=run.dataset.record.name, track=_track(run.dataset, gathered))
    errors = {task["task"]: task["stderr"] for task in tasks if task.get("stderr") is not None}
    return standing(model, {task["task"]: task["value"] for task in tasks}, version, errors)


def _track(dataset: Artifact, gathered: Gathered) -> Track:
    kinds = {each.id: each.record.kind for each in gathered.artifacts}
    made_from = [kinds.get(id_) for id_ in dataset.record.inputs]
    return "filtering" if made_from.count("pool") == 1 else "bring-your-own"


def ordered(rows: Iterable[Standing], track: Track | None = None, scale: str | None = None) -> list[Standing]:
    """The rows of a track and a scale, the highest CORE first; those without one last, by the mean of their scores."""
    kept = [row for row in rows if track in (None, row.track) and scale in (None, row.scale)]
    return sorted(kept, key=lambda row: (row.core is None, -(row.core or 0.0), -_mean(row.scores)))


def _mean(scores: Mapping[str, float]) -> float:
    return sum(scores.values()) / len(scores) if scores else 0.0


COLUMNS = ("dataset", "scale", "parameters", "tokens", "flops", "core", "core_stderr", "extended", "mmlu", "provenance")
"""Of the table; JSON and CSV have all."""


def write_standings(rows: list[Standing], path: Path) -> None:
    """The rows as a file, by its ending: .json, .csv or .md. InputError for another."""
    forms = {".json": _json, ".csv": _csv, ".md": _markdown}
    if path.suffix not in forms:
        raise InputError("cannot tell the form from the ending", where=path, hint="end in .json, .csv or .md")
    path.write_text(forms[path.suffix](rows), encoding="utf-8")


def _json(rows: list[Standing]) -> str:
    return json.dumps([asdict(row) for row in rows], indent=1, ensure_ascii=False) + "\n"


def _csv(rows: list[Standing]) -> str:
    tasks = [name for name in aggregated_tasks() if any(name in row.scores for row in rows)]
    plain = [each.name for each in fields(Standing) if each.name != "scores"]
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(plain + tasks)
    for row in rows:
        table.writerow([getattr(row, name) for name in plain] + [row.scores.get(task) for task in tasks])
    return text.getvalue()


def _markdown(rows: list[Standing]) -> str:
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    lines += ["| " + " | ".join(cells(row)).replace("\n", " ") + " |" for row in rows]
    return "\n".join(lines) + "\n"


def cells(row: Standing) -> list[str]:
    """The cells of ``COLUMNS``."""
    shown = {
        **{name: _percent(getattr(row, name)) for name in ("core", "core_stderr", "extended", "mmlu")},
        **{name: _count(getattr(row, name)) for name in ("parameters", "tokens", "flops")},
        "provenance": row.provenance[:12],
    }
    return [shown.get(name, str(getattr(row, name) or "")).replace("|", "\\|") for name in COLUMNS]


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}"


def _count(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"
