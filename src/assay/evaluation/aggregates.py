"""Scores of tasks → DCLM's CORE, EXTENDED and MMLU, as its ``eval/aggregated_metrics.py`` forms them.

    aggregate({"copa": 0.81, "piqa": 0.77, ...}).core

A score is centred on what guessing scores: (score - baseline) / (1 - baseline), so that 0 is chance and 1 is perfect.
CORE is the mean of 22 centred scores, EXTENDED that of all 53. v1 and v2 differ in twelve baselines alone.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any, Literal, NamedTuple, get_args

from assay.base.errors import InputError, unknown_name
from assay.base.files import open_bytes
from assay.base.settings import read_yaml
from assay.catalog import catalog_path

Version = Literal["v1", "v2"]
_MMLU = "mmlu_fewshot"
"""The task that the paper reports as MMLU (5 examples)."""


class AggregatedTask(NamedTuple):
    """What the aggregates know of a task."""

    category: str
    core: bool
    baseline: dict[str, float]
    """What guessing scores, from 0 to 1, by version."""


@dataclass(frozen=True)
class Aggregate:
    """The aggregates of one model. Everything is a fraction, not percent; None where tasks are missing."""

    version: str
    core: float | None
    """None unless all 22 tasks of CORE are there."""
    extended: float | None
    """None unless all 53 tasks are there."""
    mmlu: float | None
    """Accuracy on MMLU with five examples, not centred."""
    categories: dict[str, float]
    """Mean centred score of each category, over those of its tasks that are there."""
    centered: dict[str, float]
    """The centred score of each task."""
    missing: tuple[str, ...]
    """The tasks of EXTENDED without a score, in the order of DCLM's list."""
    missing_core: tuple[str, ...]
    """Those of them that belong to CORE."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


def aggregate(scores: Mapping[str, float], version: Version = "v2") -> Aggregate:
    """DCLM's aggregates of scores from 0 to 1, by task. Tasks that DCLM does not aggregate are left aside.

    A missing task makes CORE (if it is one of its 22) and EXTENDED None, where the reference puts a sentence; means of
    categories skip it, as the reference's do. InputError for a score that is not a number from 0 to 1.
    """
    if version not in get_args(Version):
        raise unknown_name("version", version, get_args(Version), "aggregate")
    tasks = aggregated_tasks()
    centered = {
        name: _centered(name, scores[name], task.baseline[version]) for name, task in tasks.items() if name in scores
    }
    missing = tuple(name for name in tasks if name not in scores)
    missing_core = tuple(name for name in missing if tasks[name].core)
    categories = defaultdict(list)
    for name, value in centered.items():
        categories[tasks[name].category].append(value)
    return Aggregate(
        version=version,
        core=None if missing_core else fmean(value for name, value in centered.items() if tasks[name].core),
        extended=None if missing else fmean(centered.values()),
        mmlu=float(scores[_MMLU]) if _MMLU in scores else None,
        categories={category: fmean(values) for category, values in sorted(categories.items())},
        centered=centered,
        missing=missing,
        missing_core=missing_core,
    )


@cache
def aggregated_tasks() -> dict[str, AggregatedTask]:
    """The 53 tasks of EXTENDED in DCLM's order (``catalog/aggregates.yaml``)."""
    table = read_yaml(catalog_path("aggregates.yaml"))
    return {name: _aggregated_task(entry) for name, entry in table.items()}


def _aggregated_task(entry: dict[str, Any]) -> AggregatedTask:
    percent = {"v2": entry["baseline"], "v1": entry.get("baseline_v1", entry["baseline"])}
    baseline = {version: 0.01 * value for version, value in percent.items()}
    return AggregatedTask(entry["category"], entry.get("core", False), baseline)


def _centered(name: str, score: float, baseline: float) -> float:
    if isinstance(score, bool) or not isinstance(score, (int, float)) or not math.isfinite(score):
        raise InputError(f"the score is {score!r}, not a number", where=name, hint="leave out what was not measured")
    if not 0 <= score <= 1:
        raise InputError(
            f"the score {score:g} is not from 0 to 1", where=name, hint="scores are fractions, not percent"
        )
    return (score - baseline) / (1.0 - baseline)


def read_scores(path: str | Path) -> dict[str, float]:
    """The scores by task in a results file: DCLM's evaluation JSON (``eval_metrics.icl``), assay's ``results.json``.

    Also an evaluation's folder, or its ``record.json``; or a plain mapping of tasks to scores. InputError for any other
    content.
    """
    if Path(path).is_dir():
        path = Path(path) / "results.json"
    with open_bytes(path) as file:
        data = file.read()
    try:
        found = _scores_in(json.loads(data))
    except ValueError as error:
        raise InputError(f"not JSON: {error}", where=path) from error
    if not found:
        hint = "DCLM's evaluation JSON (eval_metrics.icl), assay's results.json, or {task: score}"
        raise InputError("holds no scores of tasks", where=path, hint=hint)
    return found


def _scores_in(content: Any) -> dict[str, Any]:
    match content:
        case {"eval_metrics": {"icl": dict() as scores}} | {"icl": dict() as scores}:
            return scores
        case {"tasks": [*results]}:
            rows = [row for row in results if isinstance(row, dict) and row.get("metric") == "accuracy"]
            return {str(row.get("task")): row.get("value") for row in rows}
        case {"metrics": {"scores": dict() as scores}}:
            return scores
        case dict() if all(isinstance(value, (int, float)) for value in content.values()):
            return content
        case _:
            return {}
