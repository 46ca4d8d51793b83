"""Scaling laws: how far off forecasts of larger runs are, by the default rule and the paper's fit; what a fit costs.

    python benchmarks/scaling.py DATA

DATA holds ``scaling_testbed.csv`` (the 104 published models of arXiv 2403.08540 as a table) and ``scaling_ext/`` with
``isoflops.csv`` and ``chinchilla_245.csv`` (points of published figures). No fit sees what it predicts:

- rolling: all runs with at least 10 tokens a parameter and at most a cut of compute, for cuts of 3e18, 1e19, 3e19 and
  1e20 FLOPs, predict every such run of ten times the cut or more; each corpus by itself
- five points: the paper's five models of a corpus predict its models of 1.4B and more
- isoFLOP: budgets up to each budget predict those of ten times it or more; outliers as flagged in the file
- errors: both laws, from the small models (with and without the 1.4B model at M = 20), predict the larger ones
- intervals: those of the rolling forecasts; the score is the 80 % interval score in percent of the loss
- speed: CPU time, the least of nine; the peer is the search of the paper's repository, SciPy's ``curve_fit`` from 128
  starts
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from machine import write_result
from scipy.optimize import curve_fit

from assay.scaling.checks import ScalingWarning
from assay.scaling.downstream import AVERAGES, chance_error, fit_error, tasks_of, with_averages
from assay.scaling.error_law import ErrorLaw
from assay.scaling.huber import fit_huber
from assay.scaling.least_squares import fit_tied
from assay.scaling.loss_law import LossLaw, Preset
from assay.scaling.read import read_runs
from assay.scaling.robust import fit_robust
from assay.scaling.runs import Runs
from assay.scaling.uncertainty import bootstrap_weights

FIVE = ("openlm", "c4_eval", "paloma_c4", "paloma_redpajama", "paloma_refinedweb")
CUTS = (3e18, 1e19, 3e19, 1e20)
MULTIPLIER = 10
Forecasts = list[dict[str, Any]]


def sizes(runs: Runs, preset: Preset) -> np.ndarray:
    return runs.params if preset == "paper" else runs.sizes


def forecast(fitted: Runs, unseen: Runs, loss: str, preset: Preset) -> tuple[LossLaw, np.ndarray]:
    law = LossLaw.fit(sizes(fitted, preset), fitted.tokens, fitted.loss(loss), preset)
    return law, law.predict(sizes(unseen, preset), unseen.tokens)


def rolling_parts(runs: Runs) -> Iterator[tuple[float, Runs, Runs]]:
    for group in runs.group_names():
        own = runs.of(group)
        own = own.where(own.multipliers > MULTIPLIER - 0.1)
        for cut in CUTS:
            yield cut, own.where(own.flops <= cut), own.where(own.flops >= 10 * cut)


def rolling(runs: Runs, losses: tuple[str, ...], preset: Preset) -> np.ndarray:
    """Relative errors of all forecasts."""
    errors = []
    for loss in losses:
        for _, fitted, unseen in rolling_parts(runs):
            errors.append(forecast(fitted, unseen, loss, preset)[1] / unseen.loss(loss) - 1)
    return np.concatenate(errors)


def five_points(runs: Runs, loss: str, preset: Preset) -> np.ndarray:
    errors = []
    for group in runs.group_names():
        own = runs.of(group)
        fitted, large = own.where(is_small_point(own)), own.where(own.params > 1e9)
        errors.append(forecast(fitted, large, loss, preset)[1] / large.loss(loss) - 1)
    return np.concatenate(errors)


def is_small_point(runs: Runs) -> np.ndarray:
    """The five models of Table 1."""
    multiplier = np.round(runs.multipliers)
    return ((multiplier == 20) & (runs.params < 1e9)) | ((multiplier == 320) & (runs.params < 2e7))


def isoflop(path: Path, preset: Preset) -> np.ndarray:
    import pyarrow.csv

    table = pyarrow.csv.read_csv(path)
    runs = read_runs(path)
    budgets = np.array(table["budget"].to_pylist(), float)
    sound = ~np.array(table["outlier"].to_pylist(), bool)
    errors = []
    for group in runs.group_names():
        own = (runs.groups == group) & sound
        for cut in np.unique(budgets[own]):
            fitted, unseen = own & (budgets <= cut), own & (budgets >= 10 * cut)
            if unseen.any() and len(np.unique(budgets[fitted])) > 1:
                part, rest = runs.where(fitted), runs.where(unseen)
                errors.append(forecast(part, rest, "loss", preset)[1] / rest.loss("loss") - 1)
    return np.concatenate(errors)


def is_one_large(runs: Runs) -> np.ndarray:
    """The 1.4B model at M = 20."""
    return (np.round(runs.multipliers) == 20) & (runs.params > 1e9) & (runs.params < 2e9)


def downstream(runs: Runs, tasks: list[str], points: str, with_large: bool, preset: str) -> dict[str, np.ndarray]:
    """Relative errors and differences in points of the forecast errors, over corpora, large models and tasks."""
    relative, differences, forecasts = [], [], []
    for group in runs.group_names():
        own = runs.of(group)
        small = is_small_point(own) if points == "five" else (own.params < 1e9) & own.trained_enough()
        both = small | is_one_large(own) if with_large else small
        unseen = own.where((own.params > 1e9) & ~is_one_large(own))
        for_loss = own.where(both if points == "all" else small)
        _, losses = forecast(for_loss, unseen, "c4_eval", "paper" if preset == "paper" else "assay")
        for task in tasks:
            predicted = error_law(own.where(both), task, preset).predict(losses)
            relative.append(predicted / unseen.error(task) - 1)
            differences.append(100 * (predicted - unseen.error(task)))
            forecasts.append(predicted)
    return {key: np.concatenate(v) for key, v in zip(KEYS, (relative, differences, forecasts), strict=True)}


KEYS = ("relative", "points", "forecasts")


def error_law(runs: Runs, task: str, preset: str) -> ErrorLaw:
    if preset in {"assay", "paper"}:
        return fit_error(runs, "c4_eval", task, preset)
    return ErrorLaw.fit(runs.loss("c4_eval"), runs.error(task), chance_error(task), preset)


def no_change(runs: Runs, tasks: list[str]) -> np.ndarray:
    """Differences in points if every task stayed as at 1.4B, M = 20."""
    differences = []
    for group in runs.group_names():
        own = runs.of(group)
        last, unseen = own.where(is_one_large(own)), own.where((own.params > 1e9) & ~is_one_large(own))
        differences += [100 * (last.error(task)[0] - unseen.error(task)) for task in tasks]
    return np.concatenate(differences)


def intervals(runs: Runs, losses: tuple[str, ...]) -> dict[str, float]:
    rows = []
    for loss in losses:
        for _, fitted, unseen in rolling_parts(runs):
            law, _ = forecast(fitted, unseen, loss, "assay")
            truth = unseen.loss(loss)
            ends = [law.interval(unseen.sizes, unseen.tokens, level) for level in (0.8, 0.95)]
            rows += [
                (truth[row], ends[0].low[row], ends[0].high[row], ends[1].low[row], ends[1].high[row])
                for row in range(len(unseen))
            ]
    truth, low, high, low95, high95 = np.array(rows).T
    outside = np.maximum(low - truth, 0) + np.maximum(truth - high, 0)
    return {
        "n": len(truth),
        "coverage_80": float(np.mean((low <= truth) & (truth <= high))),
        "coverage_95": float(np.mean((low95 <= truth) & (truth <= high95))),
        "median_width_percent": float(100 * np.median((high - low) / truth)),
        "score": float(100 * np.mean((high - low + 2 / 0.2 * outside) / truth)),
    }


def summary(errors: np.ndarray) -> dict[str, float]:
    off = 100 * np.abs(errors)
    found = {"mean": off.mean(), "median": np.median(off), "p90": np.percentile(off, 90), "max": off.max()}
    return {"n": len(off)} | {key: round(float(value), 3) for key, value in found.items()}


def least_cpu(work: Callable[[], object], repeats: int = 1) -> float:
    """Milliseconds of one call."""
    taken = []
    for _ in range(9):
        started = time.process_time()
        for _ in range(repeats):
            work()
        taken.append((time.process_time() - started) / repeats)
    return round(1e3 * min(taken), 3)


def many_starts(params: np.ndarray, tokens: np.ndarray, loss: np.ndarray) -> float:
    """The least sum of squares by the starts that the paper's repository tries."""

    def law(at: np.ndarray, a: float, b: float, exponent: float, e: float) -> np.ndarray:
        n, m = at
        return a * n**exponent + b * 6 ** (exponent / 2) * (m * n) ** exponent + e

    at, squares = np.stack([params, tokens / params]), []
    for start in product((1e2, 3e2, 1e3, 3e3), (1e2, 3e2, 1e3, 3e3), (-0.1, -0.3), (0.0, 1.0, 2.0, 10.0)):
        found, _ = curve_fit(law, at, loss, p0=start, maxfev=10000)
        squares.append(float(((law(at, *found) - loss) ** 2).sum()))
    return min(squares)


def speed(runs: Runs) -> dict[str, float]:
    own = runs.of("c4")
    found = {}
    for name, chosen in (("5", is_small_point(own)), ("27", (own.params < 1e9) & own.trained_enough())):
        part = own.where(chosen)
        columns = part.sizes, part.tokens, part.loss("c4_eval")
        weights = bootstrap_weights(part.sizes, 1000, np.random.default_rng(0))
        plain = part.params, part.tokens, part.loss("c4_eval")
        found |= {
            f"128 starts, {name} runs": least_cpu(lambda c=plain: many_starts(*c)),
            f"paper's fit, {name} runs": least_cpu(lambda c=columns: fit_tied(*c), 20),
            f"default fit, {name} runs": least_cpu(lambda c=columns: fit_robust(*c), 20),
            f"1,000 bootstraps, {name} runs": least_cpu(lambda c=columns, w=weights: fit_robust(*c, draws=w)),
        }
    return found


def residuals(runs: Runs) -> float:
    """The largest sum of squares of the paper's fit over that of its repository's search, over corpora and losses."""
    ratios = []
    for group in runs.group_names():
        own = runs.of(group).where(is_small_point(runs.of(group)))
        for loss in own.losses:
            columns = own.params, own.tokens, own.loss(loss)
            ours = float(((fit_tied(*columns).loss(*columns[:2]) - columns[2]) ** 2).sum())
            ratios.append(ours / many_starts(*columns))
    return max(ratios)


def chinchilla(path: Path) -> dict[str, float]:
    """Besiroglu et al.: without the five highest losses."""
    runs = read_runs(path)
    kept = runs.where(np.sort(np.argsort(runs.loss("loss"))[:-5]))
    columns = kept.params, kept.tokens, kept.loss("loss")
    law, objective = fit_huber(*columns)
    taken = least_cpu(lambda: fit_huber(*columns))
    return {"objective": objective, "E": law.E, "alpha": law.alpha, "beta": law.beta, "milliseconds": taken}


def measure(data: Path) -> dict[str, Any]:
    runs = with_averages(read_runs(data / "scaling_testbed.csv"))
    presets: tuple[Preset, ...] = ("assay", "paper")
    selected = tasks_of("avg17")
    found: dict[str, Any] = {
        "rolling, C4 eval": {each: summary(rolling(runs, ("c4_eval",), each)) for each in presets},
        "rolling, five losses": {each: summary(rolling(runs, FIVE, each)) for each in presets},
        "rolling, eight losses": {each: summary(rolling(runs, tuple(runs.losses), each)) for each in presets},
        "five points, C4 eval": {each: summary(five_points(runs, "c4_eval", each)) for each in presets},
        "isoFLOP": {each: summary(isoflop(data / "scaling_ext" / "isoflops.csv", each)) for each in presets},
    }
    for points in ("five", "all"):
        for large in (False, True):
            name = f"{'the five' if points == 'five' else 'all small'} models{' and 1.4B at M = 20' if large else ''}"
            found[f"error from {name}"] = {
                preset: {
                    **{each: summary(downstream(runs, [each], points, large, preset)["relative"]) for each in AVERAGES},
                    "single tasks, points": single(downstream(runs, selected, points, large, preset)),
                }
                for preset in ("assay", "logistic", "exponential", "paper")
            }
    found["single tasks, no change, points"] = float(np.abs(no_change(runs, selected)).mean())
    found["intervals, C4 eval"] = intervals(runs, ("c4_eval",))
    found["intervals, five losses"] = intervals(runs, FIVE)
    found["milliseconds"] = speed(runs)
    found["sum of squares over that of 128 starts, at most"] = residuals(runs)
    found["chinchilla replication"] = chinchilla(data / "scaling_ext" / "chinchilla_245.csv")
    return found


def single(found: dict[str, np.ndarray]) -> dict[str, float]:
    off = np.abs(found["points"])
    ends = {"lowest": float(found["forecasts"].min()), "highest": float(found["forecasts"].max())}
    return {"n": len(off), "mean": float(off.mean()), "median": float(np.median(off))} | ends


def main() -> None:
    warnings.simplefilter("ignore", ScalingWarning)
    write_result("scaling", measure(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
