"""Training sets ranked at a target by several losses or tasks at once, since one loss can be a candidate's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import rankdata

from assay.base.errors import InputError
from assay.scaling.fit import fit_runs, own_distribution
from assay.scaling.runs import Runs


@dataclass(frozen=True)
class Ranked:
    """A training set and how it ranks; 1 is the best."""

    train_set: str
    mean_rank: float
    ranks: dict[str, float]
    """By loss or task."""
    forecasts: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """As JSON-like values."""
        return dict(vars(self))


def fair_losses(runs: Runs) -> list[str]:
    """The losses on text of a kind that none of the training sets is, as their names tell."""
    return [name for name in runs.losses if not any(own_distribution(name, group) for group in runs.group_names())]


def rank(
    runs: Runs, target: tuple[float, float], losses: Sequence[str] | None = None, tasks: Sequence[str] = ()
) -> list[Ranked]:
    """The training sets among the runs, best first, by the mean of their ranks.

    Each loss and each task (through the first loss) is forecast at ``target``, parameters in all and tokens. Without
    ``losses``: those that are no candidate's own. InputError for one training set only, or no loss.
    """
    groups, losses = runs.group_names(), fair_losses(runs) if losses is None else list(losses)
    if len(groups) < 2:
        raise InputError("there is only one training set to rank")
    if not losses:
        hint = "name losses: of text that no candidate was trained on, if there is any"
        raise InputError("every loss is on text of the kind that a candidate was trained on", hint=hint)
    forecasts = {name: [_forecast(runs.of(group), name, None, target) for group in groups] for name in losses}
    forecasts |= {task: [_forecast(runs.of(group), losses[0], task, target) for group in groups] for task in tasks}
    ranks = {name: rankdata(values) for name, values in forecasts.items()}
    rows = [
        Ranked(
            group,
            float(np.mean([each[place] for each in ranks.values()])),
            {name: float(each[place]) for name, each in ranks.items()},
            {name: each[place] for name, each in forecasts.items()},
        )
        for place, group in enumerate(groups)
    ]
    return sorted(rows, key=lambda row: row.mean_rank)


def _forecast(runs: Runs, loss: str, task: str | None, target: tuple[float, float]) -> float:
    fit = fit_runs(runs, loss, task)
    size = fit.runs.size_of(target[0])
    found = fit.law.predict(size, target[1])
    return float(fit.error_law.predict(found) if fit.error_law else found)
