"""Tasks: averages over them, which tasks a small model can tell something about, and a law for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from assay.base.errors import InputError
from assay.scaling.error_law import ErrorLaw, ErrorPreset
from assay.scaling.published import testbed
from assay.scaling.robust import DEFAULT
from assay.scaling.runs import Runs

AVERAGES = ("avg46", "avg17")
"""The paper's averages: all tasks, and those that its rule selects."""


def known_chances() -> dict[str, float]:
    """The error of guessing on each task of the published testbed."""
    return {name: 1 - task["chance"] for name, task in testbed()["tasks"].items()}


def tasks_of(average: str) -> list[str]:
    """The tasks that one of the paper's averages is over."""
    return [name for name, task in testbed()["tasks"].items() if average == "avg46" or task["selected"]]


def chance_error(name: str) -> float | None:
    """The error of guessing on a task, or the mean over an average's tasks; None where the catalog does not know it."""
    chances = known_chances()
    if name in AVERAGES:
        return float(np.mean([chances[task] for task in tasks_of(name)]))
    return chances.get(name)


def mean_error(runs: Runs, tasks: Sequence[str]) -> np.ndarray:
    """The uniform mean of the errors on some tasks, as the paper averages: not weighted by samples."""
    if not tasks:
        raise InputError("there are no tasks to average over")
    return np.mean([runs.error(task) for task in tasks], axis=0)


def with_averages(runs: Runs) -> Runs:
    """The runs with the paper's averages among their errors, where all tasks of one are there."""
    added = {
        name: mean_error(runs, tasks)
        for name in AVERAGES
        if name not in runs.errors and set(tasks := tasks_of(name)) <= set(runs.errors)
    }
    return replace(runs, errors=runs.errors | added)


def select_tasks(runs: Runs, chances: Mapping[str, float], margin: float) -> dict[str, float]:
    """Tasks on which some run is more than ``margin`` better than guessing, with by how much at best.

    The paper takes the runs of its 0.154B model, and 0.10 (section 4).
    """
    best = {
        task: chance - float(np.nanmin(runs.error(task))) for task, chance in chances.items() if task in runs.errors
    }
    return {task: above for task, above in best.items() if above > margin}


def corrected(error: np.ndarray, chance: float) -> np.ndarray:
    """The error as a share of that of guessing: 1 is guessing, 0 is perfect."""
    return np.asarray(error, float) / chance


def run_weights(runs: Runs) -> np.ndarray:
    """The weight of each run in an error law: halved with each decade of compute, as in the loss law."""
    return DEFAULT.weights(runs.params, runs.tokens)


def fit_error(runs: Runs, loss: str, task: str, preset: ErrorPreset = "assay") -> ErrorLaw:
    """The error law of a task or average over the runs that have both."""
    x, y = runs.loss(loss), runs.error(task)
    both = np.isfinite(x) & np.isfinite(y)
    weights = None if preset == "paper" else run_weights(runs.where(both))
    return ErrorLaw.fit(x[both], y[both], chance_error(task), preset, weights)


@dataclass(frozen=True)
class TaskLaw:
    """The law of one task, and whether to believe it more than that nothing changes."""

    task: str
    law: ErrorLaw
    predictable: bool
    """Whether, of the best runs left out, the law's forecast was better by a fifth than that nothing changes."""
    law_error: float
    """Mean error of those forecasts, in points of accuracy over 100; NaN where too few runs could be left out."""
    no_change_error: float
    """That of the forecast that nothing changes."""
    last: float
    """The error of the fitted run with the lowest loss: what "no change" says."""

    def predict(self, loss: np.ndarray) -> np.ndarray:
        """The law's forecast where it is predictable, else no change."""
        return self.law.predict(loss) if self.predictable else np.full(np.shape(loss), self.last)

    def to_json(self) -> dict[str, Any]:
        """For a table."""
        tried = np.isfinite(self.law_error)
        numbers = {name: getattr(self, name) if tried else None for name in ("law_error", "no_change_error")}
        return {"task": self.task, "predictable": self.predictable, **numbers, "chance": self.law.chance}


_LEFT_OUT = 0.25
"""Of the runs, those with the lowest losses: what the laws of tasks are tried on."""
_CLEARLY = 0.8
"""Of the error of "no change": below, a task counts as predictable."""


def fit_tasks(runs: Runs, loss: str, tasks: Sequence[str], preset: ErrorPreset = "assay") -> list[TaskLaw]:
    """A law for each task."""
    return [_fit_task(runs, loss, task, preset) for task in tasks]


def _fit_task(runs: Runs, loss: str, task: str, preset: ErrorPreset) -> TaskLaw:
    x, y = runs.loss(loss), runs.error(task)
    runs = runs.where(np.isfinite(x) & np.isfinite(y))
    order = np.argsort(runs.loss(loss))
    tried = order[: max(1, round(_LEFT_OUT * len(order)))]
    rest = order[len(tried) :]
    law, last = fit_error(runs, loss, task, preset), float(runs.error(task)[order[0]])
    if len(rest) < 3:
        return TaskLaw(task, law, False, float("nan"), float("nan"), last)
    truth = runs.error(task)[tried]
    forecast = fit_error(runs.where(rest), loss, task, preset).predict(runs.loss(loss)[tried])
    off = float(np.abs(forecast - truth).mean())
    unchanged = float(np.abs(runs.error(task)[rest[0]] - truth).mean())
    return TaskLaw(task, law, off < _CLEARLY * unchanged, off, unchanged, last)
