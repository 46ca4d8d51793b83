"""Decisions from small runs: is the order of two training sets at a large model the forecast one, and how sure.

    python benchmarks/decisions.py DATA

DATA holds ``scaling_testbed.csv``, the 104 published models of arXiv 2403.08540 on three corpora. From the models with
at least 10 tokens a parameter and at most a cut of compute, every pair of corpora is ordered at every size and number
of tokens of ten times the cut or more that both have. Four ways:

- differences: of paired runs, carried on (``assay.scaling.difference``)
- laws: each corpus by the default law of its own
- paper: each corpus by the paper's fit
- largest: as the largest small models that both have

Errors on tasks: the same on the averages over 46 and 17 tasks, each law through C4 eval. Pairs overlap: the same target
is ordered from several cuts, and only three corpora are behind them all.
"""

from __future__ import annotations

import sys
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from machine import write_result

from assay.scaling.checks import ScalingWarning
from assay.scaling.difference import ERROR, LOG_LOSS, forecast_difference, paired_differences
from assay.scaling.downstream import AVERAGES, fit_error, with_averages
from assay.scaling.loss_law import LossLaw, Preset
from assay.scaling.read import read_runs
from assay.scaling.runs import Runs

CUTS = (1e18, 3e18, 1e19, 3e19, 1e20)
MULTIPLIER = 10
WAYS = ("differences", "laws", "paper", "largest")
Row = dict[str, Any]


def shared(a: Runs, b: Runs) -> tuple[Runs, Runs]:
    """The runs of both at the sizes and tokens that both have, in one order."""
    places = [{(p, t): row for row, (p, t) in enumerate(zip(r.params, r.tokens, strict=True))} for r in (a, b)]
    both = sorted(set(places[0]) & set(places[1]))
    chosen = (np.array([at[place] for place in both], int) for at in places)
    found = tuple(runs.where(rows) for runs, rows in zip((a, b), chosen, strict=True))
    return found[0], found[1]


def forecast(fitted: Runs, unseen: Runs, measure: str, preset: Preset) -> np.ndarray:
    """A loss, or an error through C4 eval."""
    loss = measure if measure in fitted.losses else "c4_eval"
    sizes = [runs.params if preset == "paper" else runs.sizes for runs in (fitted, unseen)]
    found = LossLaw.fit(sizes[0], fitted.tokens, fitted.loss(loss), preset).predict(sizes[1], unseen.tokens)
    if measure in fitted.losses:
        return found
    return fit_error(fitted, loss, measure, "paper" if preset == "paper" else "assay").predict(found)


def by_laws(fitted: list[Runs], unseen: tuple[Runs, Runs], measure: str, preset: Preset) -> np.ndarray:
    a, b = (forecast(*each, measure, preset) for each in zip(fitted, unseen, strict=True))
    return a - b


def decisions(runs: Runs, measures: Sequence[str]) -> Iterator[Row]:
    """For each pair, cut and target: the true difference, what each way says, and the interval of the first."""
    for a, b in combinations(runs.group_names(), 2):
        own = [runs.of(group).where(runs.of(group).multipliers > MULTIPLIER - 0.1) for group in (a, b)]
        for cut in CUTS:
            fitted = [each.where(each.flops <= cut) for each in own]
            unseen = shared(*(each.where(each.flops >= 10 * cut) for each in own))
            for measure in measures:
                yield from _decided(fitted, unseen, measure, cut)


def _decided(fitted: list[Runs], unseen: tuple[Runs, Runs], measure: str, cut: float) -> Iterator[Row]:
    flops, difference = paired_differences(fitted[0], fitted[1], measure)
    drift = LOG_LOSS if measure in fitted[0].losses else ERROR
    ours = forecast_difference(flops, difference, unseen[0].flops, drift)
    said = {
        "differences": ours.mean,
        "laws": by_laws(fitted, unseen, measure, "assay"),
        "paper": by_laws(fitted, unseen, measure, "paper"),
        "largest": np.full(len(unseen[0]), difference[np.argmax(flops)]),
    }
    truth = paired_differences(unseen[0], unseen[1], measure)[1]
    inside = {
        level: (ours.interval(level).low <= truth) & (truth <= ours.interval(level).high) for level in (0.8, 0.95)
    }
    sure = np.maximum(ours.a_is_better, 1 - ours.a_is_better)
    for at, true in enumerate(truth):
        right = {way: bool((each[at] > 0) == (true > 0)) for way, each in said.items()}
        coverage = {f"in {level}": bool(each[at]) for level, each in inside.items()}
        yield {"cut": cut, "measure": measure, "sure": float(sure[at]), **right, **coverage}


def accuracy(rows: list[Row]) -> dict[str, float]:
    return {"n": len(rows)} | {way: round(float(np.mean([row[way] for row in rows])), 3) for way in WAYS}


def calibration(rows: list[Row]) -> dict[str, Any]:
    """Coverage of the intervals, and how often the surer and the less sure decisions are right."""
    found: dict[str, Any] = {
        f"coverage of {level}": round(float(np.mean([row[f"in {level}"] for row in rows])), 3) for level in (0.8, 0.95)
    }
    for low, high in ((0.5, 0.8), (0.8, 0.95), (0.95, 1.01)):
        part = [row for row in rows if low <= row["sure"] < high]
        if part:
            said = {"n": len(part), "sure": float(np.mean([row["sure"] for row in part]))}
            found[f"{low} to {min(high, 1)}"] = said | {"right": float(np.mean([row["differences"] for row in part]))}
    return found


def by(rows: list[Row], key: str) -> dict[str, dict[str, float]]:
    parts = defaultdict(list)
    for row in rows:
        parts[row[key]].append(row)
    return {f"{name:g}" if isinstance(name, float) else name: accuracy(part) for name, part in parts.items()}


def measure(data: Path) -> dict[str, Any]:
    runs = with_averages(read_runs(data / "scaling_testbed.csv"))
    found = {}
    for kind, names in (("losses", tuple(runs.losses)), ("errors", AVERAGES)):
        rows = list(decisions(runs, names))
        found[kind] = {
            "all": accuracy(rows),
            "by cut": by(rows, "cut"),
            "by measure": by(rows, "measure"),
            "calibration": calibration(rows),
        }
    return found


def main() -> None:
    warnings.simplefilter("ignore", ScalingWarning)
    write_result("decisions", measure(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
