"""Both laws of one training set, what they say of the runs they have not seen, and of a target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from assay.base.errors import InputError
from assay.base.units import Flops, Params, Tokens
from assay.scaling.backtest import distinct_sizes
from assay.scaling.checks import FEWEST_RUNS
from assay.scaling.downstream import fit_error
from assay.scaling.error_law import ErrorLaw
from assay.scaling.forms import FLOPS_PER_PARAMETER_TOKEN
from assay.scaling.loss_law import LossLaw
from assay.scaling.published import testbed
from assay.scaling.runs import Runs
from assay.scaling.uncertainty import Interval

FitPreset = Literal["assay", "paper"]
LEVELS = (0.8, 0.95)


@dataclass(frozen=True)
class Forecast:
    """What a model of N parameters (all of them) trained on D tokens will reach."""

    params: Params
    tokens: Tokens
    loss: float
    loss_intervals: dict[float, Interval]
    """By level."""
    error: float | None
    error_intervals: dict[float, Interval]
    times_fitted: float
    """Its compute over that of all runs the laws were fitted to."""
    backed: bool
    """Whether a back-test stands behind the interval."""
    notes: tuple[str, ...] = ()

    @property
    def flops(self) -> Flops:
        """6·N·D."""
        return Flops(FLOPS_PER_PARAMETER_TOKEN * self.params * self.tokens)

    def to_json(self) -> dict[str, Any]:
        """As JSON-like values; intervals as [low, high] by percent."""

        def ends(intervals: dict[float, Interval]) -> dict[str, list[float]]:
            return {f"{100 * level:g}": [float(end) for end in interval] for level, interval in intervals.items()}

        return {
            "params": int(self.params),
            "tokens": int(self.tokens),
            "flops": float(self.flops),
            "times_fitted_compute": self.times_fitted,
            "loss": self.loss,
            "loss_interval": ends(self.loss_intervals),
            "error": self.error,
            "error_interval": ends(self.error_intervals),
            "backtested": self.backed,
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class Unseen:
    """A run that the laws were not fitted to, measured and predicted."""

    name: str
    loss: float
    predicted_loss: float
    error: float | None
    predicted_error: float | None

    def to_json(self) -> dict[str, Any]:
        """Relative errors are |predicted - measured| / measured, as fractions."""
        return {
            "name": self.name,
            "loss": self.loss,
            "predicted_loss": self.predicted_loss,
            "loss_relative_error": abs(self.predicted_loss / self.loss - 1),
            "error": self.error,
            "predicted_error": self.predicted_error,
            "error_relative_error": self.error_relative_error,
        }

    @property
    def error_relative_error(self) -> float | None:
        """None where the error was not measured."""
        if self.error is None or self.predicted_error is None or not self.error:
            return None
        return abs(self.predicted_error / self.error - 1)


@dataclass(frozen=True)
class Fit:
    """The laws of one training set and one evaluation set."""

    runs: Runs
    """All runs of the training set that have the loss."""
    loss_name: str
    task: str | None
    fitted: np.ndarray
    """Which runs the loss law was fitted to."""
    fitted_error: np.ndarray
    law: LossLaw
    error_law: ErrorLaw | None
    without_loss: int = 0
    """Runs of the training set that lack the loss, and were left out."""

    def sizes(self, runs: Runs) -> np.ndarray:
        """The parameter counts that this preset counts with: the paper's are of all parameters."""
        return runs.params if self.law.preset == "paper" else runs.sizes

    def unseen(self) -> list[Unseen]:
        """The runs that were left out of the loss law."""
        return list(self._predicted(np.flatnonzero(~self.fitted)))

    def without_largest(self) -> Fit:
        """A fit to the runs of at most a tenth of the largest compute: what to expect of forecasts ten times as large.

        This fit itself where it already leaves runs out, or where too few would stay.
        """
        hold_out = self.runs.flops.max() / 10
        below = self.runs.where((self.runs.flops <= hold_out) & self.runs.trained_enough())
        if not self.fitted[self.runs.trained_enough()].all() or len(below) < 6 or distinct_sizes(below.params) < 3:
            return self
        return fit_runs(self.runs, self.loss_name, self.task, "assay", hold_out)

    def seen(self) -> list[Unseen]:
        """The runs the loss law was fitted to."""
        return list(self._predicted(np.flatnonzero(self.fitted)))

    def _predicted(self, places: np.ndarray) -> Iterator[Unseen]:
        runs = self.runs.where(places)
        losses = self.law.predict(self.sizes(runs), runs.tokens)
        errors = self.error_law.predict(losses) if self.error_law else np.full(len(runs), np.nan)
        measured = runs.error(self.task) if self.task else errors
        for row, name in enumerate(runs.names):
            pair = (float(measured[row]), float(errors[row])) if np.isfinite(measured[row]) else (None, None)
            yield Unseen(str(name), float(runs.loss(self.loss_name)[row]), float(losses[row]), *pair)

    def forecast(self, params: float, tokens: float) -> Forecast:
        """Of a model with so many parameters in all, on so many tokens."""
        params, tokens = float(params), float(tokens)  # 6·N·D of large models is beyond 64-bit integers
        size = params if self.law.preset == "paper" else self.runs.size_of(params)
        loss = float(self.law.predict(size, tokens))
        intervals = {level: self.law.interval(size, tokens, level) for level in LEVELS}
        error, error_intervals = None, {}
        if self.error_law:
            error = float(self.error_law.predict(loss))
            deviation = self.law.spread.deviation(np.array([size]), np.array([tokens]), np.log([loss]))[0] * loss
            error_intervals = {level: self.error_law.interval(loss, level, deviation) for level in LEVELS}
        used = self.runs.flops[self.fitted | self.fitted_error].sum()
        times = float(FLOPS_PER_PARAMETER_TOKEN * params * tokens / used)
        note = self.law.far(size, tokens)
        sizes = Params(round(params)), Tokens(round(tokens))
        return Forecast(
            *sizes, loss, intervals, error, error_intervals, times, self.law.backed, (note,) if note else ()
        )

    def own_distribution(self) -> str | None:
        """What to say when the loss is measured on text like the training set's own."""
        return own_distribution(self.loss_name, str(self.runs.groups[0]))

    @property
    def notes(self) -> list[str]:
        """What the user should know."""
        found = [*self.law.notes, *(self.error_law.notes if self.error_law else ())]
        if not self.law.backed:
            found.append("no back-test was possible with so few runs: the interval rests on what is usual")
        if self.without_loss:
            found.append(f"{self.without_loss} runs have no {self.loss_name} and were left out")
        own = self.own_distribution()
        return found + ([own] if own else [])

    def to_json(self) -> dict[str, Any]:
        """The object that ``assay fit --json`` prints, without a forecast."""
        curve = self.error_law.curve if self.error_law else None
        paper, free = self.law.overtraining, self.law.constants
        return {
            "train_set": str(self.runs.groups[0]),
            "loss": self.loss_name,
            "preset": self.law.preset,
            "parameters_counted": "all" if self.sizes(self.runs) is self.runs.params else "without input embedding",
            "law": {"E": paper.E, "a": paper.a, "b": paper.b, "eta": paper.eta},
            "law_used": {name: getattr(free, name) for name in ("E", "A", "B", "alpha", "beta")},
            "optimal_multiplier": paper.optimal_multiplier,
            "error_law": {"epsilon": curve.epsilon, "k": curve.k, "gamma": curve.gamma} if curve else None,
            "error_curve": curve.form if curve else None,
            "error_task": self.task,
            "fitted": [each.to_json() for each in self.seen()],
            "heldout": [each.to_json() for each in self.without_largest().unseen()],
            "backtest": {
                "error": self.law.backtest.error if self.law.backed else None,
                "drift": self.law.backtest.drift,
            },
            "seed_noise": self.law.noise,
            "fitted_flops": float(self.runs.flops[self.fitted].sum()),
            "notes": self.notes,
        }


def fit_runs(
    runs: Runs, loss: str, task: str | None = None, preset: FitPreset = "assay", hold_out: float | None = None
) -> Fit:
    """Fit both laws to the runs of one training set.

    ``paper`` fits the five (error law: six) models of its Table 1. ``assay`` fits all runs, or those of at most
    ``hold_out`` FLOPs; runs of few tokens a parameter are left out of the fits. InputError says what is missing.
    """
    measured = np.isfinite(runs.loss(loss))
    runs = runs.where(measured)
    if not len(runs):
        raise InputError("no run has this loss", where=loss)
    fitted, fitted_error = _paper_points(runs) if preset == "paper" else _all_points(runs, hold_out)
    chosen = runs.where(fitted)
    sizes = chosen.params if preset == "paper" else chosen.sizes
    law = LossLaw.fit(sizes, chosen.tokens, chosen.loss(loss), preset)
    error_law = fit_error(runs.where(fitted_error), loss, task, preset) if task else None
    return Fit(runs, loss, task, _mask(fitted, runs), _mask(fitted_error, runs), law, error_law, int((~measured).sum()))


def _mask(places: np.ndarray, runs: Runs) -> np.ndarray:
    mask = np.zeros(len(runs), bool)
    mask[places] = True
    return mask


def _all_points(runs: Runs, hold_out: float | None) -> tuple[np.ndarray, np.ndarray]:
    kept = runs.flops <= (np.inf if hold_out is None else hold_out)
    trained = kept & runs.trained_enough()
    places = np.flatnonzero(trained if trained.sum() >= FEWEST_RUNS else kept)
    if not len(places):
        raise InputError(f"no run has at most {hold_out:g} FLOPs", where="--hold-out")
    return places, places


def _paper_points(runs: Runs) -> tuple[np.ndarray, np.ndarray]:
    """The models of Table 1, in the repository's order: its search for the error law depends on it."""
    points = testbed()["loss_points"]
    found = [_place(runs, **point) for point in points]
    large = _place(runs, **testbed()["error_point"], required=False)
    return np.array(found), np.array(found if large is None else [*found, large])


def _place(runs: Runs, params: int, multiplier: float, required: bool = True) -> int | None:
    at = np.flatnonzero((runs.params == params) & (np.abs(runs.multipliers / multiplier - 1) < 0.01))
    if len(at):
        return int(at[0])
    if required:
        hint = "leave --preset paper out, or give the published testbed"
        raise InputError(f"the model of {params:,} parameters at M = {multiplier:g} is not among the runs", hint=hint)
    return None


def own_distribution(loss: str, group: str) -> str | None:
    """The warning where an evaluation set is drawn from a training set's own distribution, as their names tell."""
    if group.lower() not in loss.lower():
        return None
    return (
        f"{loss} is text of the kind that {group} was trained on: such a loss ranks {group} first, whatever data is "
        "better; to choose data, rank by several losses or by errors on tasks"
    )


def default_task(runs: Runs) -> str | None:
    """What ``assay fit`` fits the error law to: the 17-task average as the paper, or the only error there is."""
    if "avg17" in runs.errors:
        return "avg17"
    return next(iter(runs.errors)) if len(runs.errors) == 1 else None
