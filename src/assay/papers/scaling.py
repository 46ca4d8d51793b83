"""Scaling with over-training and on downstream tasks (https://arxiv.org/abs/2403.08540) told as code.

The paper trains 104 models of 0.011B to 6.9B parameters on three corpora, with 5 to 640 tokens a parameter, and
predicts the expensive ones from the cheap ones:

1. the models, 8 losses and 46 tasks of each                                        scaling/read.py
2. the loss law from five small models of each corpus, four at M = 20 and one at 320   scaling/least_squares.py
3. the tasks on which a 0.154B model is better than guessing: 17 of 46                 scaling/downstream.py
4. the error law from those five and the 1.4B model at M = 20                          scaling/error_law.py
5. both, chained, at 1.4B and M = 640 and at 6.9B and M = 20, against what was measured  scaling/fit.py

``reproduce`` does that with the preset ``paper`` and lays our numbers beside the printed ones. The default rule on the
same models, and what it is better at, is in docs/guides/scaling.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import rankdata

from assay.base.settings import read_yaml
from assay.catalog import catalog_path
from assay.scaling.downstream import known_chances, select_tasks, with_averages
from assay.scaling.fit import Fit, Unseen, fit_runs
from assay.scaling.published import testbed
from assay.scaling.read import read_runs
from assay.scaling.runs import Runs

LOSS = "c4_eval"
"""The loss of the paper's main figures."""
SIZE_LARGE = 6_889_410_560
"""6.9B."""
_RANKED = 1e9
"""Models of at least so many parameters are ranked (9 of them)."""


@dataclass(frozen=True)
class Number:
    """One number of the paper, beside ours."""

    what: str
    paper: float
    ours: float

    @property
    def equal(self) -> bool:
        """Whether ours rounds to what is printed, one unit of its last digit being free."""
        digits = len(f"{self.paper:.10f}".rstrip("0").partition(".")[2])
        unit = 10.0**-digits
        return abs(self.ours - self.paper) <= 1.001 * unit

    def to_json(self) -> dict[str, Any]:
        """As JSON-like values."""
        return {"what": self.what, "paper": self.paper, "ours": self.ours, "equal": self.equal}


@dataclass(frozen=True)
class Reproduction:
    """All that was fitted, and the numbers beside the paper's."""

    fits: dict[str, Fit]
    """Training set → both laws on C4 eval and the 17-task average, by the paper's preset."""
    selected: dict[str, float]
    """Task → by how much the 0.154B models are better than guessing at best."""
    numbers: list[Number]

    def errors(self, name: str) -> list[Unseen]:
        """Every model of a training set, measured and predicted: Figures 5 and 12."""
        return [*self.fits[name].seen(), *self.fits[name].unseen()]

    def to_json(self) -> dict[str, Any]:
        """As JSON-like values."""
        return {
            "fits": {name: fit.to_json() for name, fit in self.fits.items()},
            "selected_tasks": self.selected,
            "beside_the_paper": [number.to_json() for number in self.numbers],
        }


def reproduce(path: str | Path) -> Reproduction:
    """The paper's experiment from the published models. InputError when they are not all there."""
    runs = with_averages(read_runs(path))
    fits = {name: fit_runs(runs.of(name), LOSS, "avg17", "paper") for name in testbed()["train_sets"].values()}
    selected = _selected(runs)
    numbers = [number for name, fit in fits.items() for number in (*_constants(name, fit), *_large_errors(name, runs))]
    return Reproduction(fits, selected, [*numbers, *_notebook(fits["redpajama"]), _rank_correlation(fits)])


@cache
def reported() -> dict[str, Any]:
    """What the paper prints."""
    return read_yaml(catalog_path("scaling", "reported.yaml"))


def _selected(runs: Runs) -> dict[str, float]:
    rule = testbed()["selection"]
    return select_tasks(runs.where(runs.params == rule["params"]), known_chances(), rule["margin"])


def _constants(name: str, fit: Fit) -> list[Number]:
    """Table 6 and M*."""
    assert fit.error_law
    law, curve = fit.law.overtraining, fit.error_law.curve
    ours = {
        "E": law.E,
        "a": law.a,
        "b": law.b,
        "eta": law.eta,
        "eps": curve.epsilon,
        "k": curve.k,
        "gamma": curve.gamma,
    }
    printed = reported()["constants"][name]
    table = [Number(f"Table 6, {name}, {key}", printed[key], ours[key]) for key in printed]
    return [*table, Number(f"M*, {name}", reported()["optimal_multiplier"][name], law.optimal_multiplier)]


def _large_errors(name: str, runs: Runs) -> list[Number]:
    """Tables 2 and 7: relative errors in percent at 6.9B, with and without the 1.4B model."""
    own = runs.of(name)
    small = own.where(own.params != testbed()["error_point"]["params"])
    numbers = []
    for table, part, key in (("Table 2", own, "with_1_4b"), ("Table 7", small, "without_1_4b")):
        for task, printed in reported()[key][name].items():
            large = next(
                each for each in fit_runs(part, LOSS, task, "paper").unseen() if each.name in _large_names(own)
            )
            numbers.append(Number(f"{table}, {name}, {task}", printed, 100 * (large.error_relative_error or np.nan)))
    return numbers


def _large_names(runs: Runs) -> set[str]:
    return set(map(str, runs.names[runs.params == SIZE_LARGE]))


def _notebook(fit: Fit) -> list[Number]:
    """The four errors that the repository's notebook prints, in percent, of RedPajama's 1.4B and 6.9B."""
    large = fit.runs.params == SIZE_LARGE
    longest = (fit.runs.params == testbed()["error_point"]["params"]) & (fit.runs.multipliers > 600)
    places = {"1p4B_M640": longest, "6p9B_M20": large, "6p9B": large}
    unseen = {each.name: each for each in fit.unseen()}
    numbers = []
    for key, printed in reported()["notebook"].items():
        what, _, where = key.removesuffix("_redpajama").partition("_")
        (name,) = fit.runs.names[places[where]]
        each = unseen[str(name)]
        off = abs(each.predicted_loss / each.loss - 1) if what == "loss" else each.error_relative_error
        numbers.append(Number(f"notebook, {key}, %", printed, 100 * (off or np.nan)))
    return numbers


def _rank_correlation(fits: Mapping[str, Fit]) -> Number:
    """Spearman's between the predicted and the measured 17-task error of the models of 1.4B and more (section 4)."""
    large = {str(name) for fit in fits.values() for name in fit.runs.names[fit.runs.params > _RANKED]}
    unseen = [each for fit in fits.values() for each in fit.unseen() if each.name in large]
    ranks = np.array([rankdata([getattr(each, key) for each in unseen]) for key in ("predicted_error", "error")])
    found = float(np.corrcoef(ranks)[0, 1])
    return Number("rank correlation of predicted and measured error", reported()["rank_correlation_17"], found)
