"""The error law: from a loss to the error on a task or an average of tasks."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from scipy.special import ndtri

from assay.base.errors import InputError, unknown_name
from assay.base.files import open_bytes, write_bytes
from assay.scaling.backtest import count_apart
from assay.scaling.checks import Numbers, Table, numbers, positive, shares
from assay.scaling.error_curves import Curve, Form, draw_errors, fit_anchored, fit_exponential, fit_published
from assay.scaling.uncertainty import Interval

ErrorPreset = Literal["assay", "paper", "exponential", "logistic"]
_FORMS: dict[ErrorPreset, Form] = {"assay": "gompertz", "logistic": "logistic", "exponential": "exponential"}
_FEWEST = 3
_APART = 0.002
"""Nats; losses nearer than that are one."""
_DRAWS = 400
_LEAST_NOISE = 1e-4
"""Three runs lie on a curve with three constants."""


@dataclass(frozen=True)
class ErrorLaw:
    """A fitted curve Err(L), and the runs it was fitted to. Errors are 1 - accuracy."""

    curve: Curve
    preset: ErrorPreset
    loss: tuple[float, ...]
    error: tuple[float, ...]
    weights: tuple[float, ...]
    noise: float
    """Standard deviation of the error about the curve."""
    notes: tuple[str, ...] = ()

    @classmethod
    def fit(
        cls,
        loss: Numbers,
        error: Numbers,
        chance: float | None = None,
        preset: ErrorPreset = "assay",
        weights: Numbers | None = None,
    ) -> ErrorLaw:
        """Fit a curve to measured losses and errors.

        ``assay`` is the Gompertz curve between 0 and ``chance``, the error of guessing (not given: the largest error of
        the runs); ``logistic`` and ``exponential`` are anchored likewise; ``paper`` has three free constants and no
        bounds. ``weights`` of the runs: ``downstream.py`` halves them with each decade of compute below the largest.
        InputError for fewer than 3 runs, or an error or chance outside [0, 1].
        """
        if preset not in get_args(ErrorPreset):
            raise unknown_name("preset", preset, get_args(ErrorPreset))
        ones = np.ones(np.size(loss))
        table = numbers(loss=loss, error=error, weights=ones if weights is None else weights)
        positive(table, "loss", "weights")
        shares(table, "error")
        loss_, error_, weights_ = table.values()
        if count_apart(loss_, _APART) < _FEWEST:
            raise InputError(f"an error law needs runs with at least {_FEWEST} different losses", where="loss")
        curve, noise = _fit(table, preset, _upper_end(error_, chance))
        x, y, w = (tuple(map(float, each)) for each in (loss_, error_, weights_))
        return cls(curve, preset, x, y, w, noise, tuple(table.notes))

    def predict(self, loss: Numbers) -> np.ndarray:
        """The error at a loss. With preset ``paper`` it may leave [0, 1]."""
        return self.curve.error(np.asarray(loss, float))

    def interval(self, loss: Numbers, level: float = 0.8, loss_deviation: Numbers = 0.0) -> Interval:
        """The ends of the interval of one run's error, within [0, 1].

        ``loss_deviation`` is the standard deviation of the loss, where the loss is itself a forecast.
        """
        centre = self.predict(loss)
        half = ndtri((1 + level) / 2) * self.deviation(np.asarray(loss, float), np.asarray(loss_deviation, float))
        return Interval(np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1))

    def deviation(self, loss: np.ndarray, loss_deviation: np.ndarray) -> np.ndarray:
        """The standard deviation: refits under random weights, the other curves, the loss's own, and the noise."""
        centre = self.predict(loss)
        drawn = self._drawn(loss).std(axis=0)
        others = np.mean([(np.clip(curve.error(loss), 0, 1) - centre) ** 2 for curve in self._others.values()], axis=0)
        slope = (self.predict(loss + 1e-4) - self.predict(loss - 1e-4)) / 2e-4
        return np.sqrt(drawn**2 + others + (slope * loss_deviation) ** 2 + self.noise**2)

    @property
    def chance(self) -> float:
        """The upper end of the curve."""
        return self.curve.epsilon

    def _drawn(self, targets: np.ndarray) -> np.ndarray:
        """The errors at the targets by ``_DRAWS`` refits."""
        loss, error, weights = map(np.array, (self.loss, self.error, self.weights))
        drawn = np.random.default_rng(0).exponential(size=(_DRAWS, len(loss))) * weights
        return draw_errors(self._others["gompertz"], loss, error, drawn / max(self.noise, _LEAST_NOISE) ** 2, targets)

    @cached_property
    def _others(self) -> dict[Form, Curve]:
        loss, error, weights = map(np.array, (self.loss, self.error, self.weights))
        return {form: fit_anchored(loss, error, self._end, form, weights)[0] for form in get_args(Form)}

    @property
    def _end(self) -> float:
        """An upper end that an anchored curve can have: the paper's epsilon may lie anywhere."""
        return float(np.clip(self.curve.epsilon, max(self.error), 1.0))

    def to_json(self) -> dict[str, Any]:
        """As JSON-like values; ``ErrorLaw.from_json`` reads them."""
        return {"kind": "error_law", **asdict(self)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> ErrorLaw:
        """From what ``to_json`` gave. InputError when it is something else."""
        try:
            x, y, w = (tuple(map(float, value[key])) for key in ("loss", "error", "weights"))
            return cls(Curve(**value["curve"]), value["preset"], x, y, w, value["noise"], tuple(value["notes"]))
        except (KeyError, TypeError) as error:
            raise InputError(f"is not an error law: {error!r}") from error

    def save(self, path: str | Path) -> None:
        """Write it to a JSON file."""
        write_bytes(path, (json.dumps(self.to_json(), indent=1) + "\n").encode())

    @classmethod
    def load(cls, path: str | Path) -> ErrorLaw:
        """Read what ``save`` wrote."""
        with open_bytes(path) as file:
            return cls.from_json(json.load(file))


def _upper_end(error: np.ndarray, chance: float | None) -> float:
    if chance is None:
        return max(float(error.max()), 1e-6)
    if not 0 < chance <= 1:
        hint = "it is the error of guessing: 1 - chance accuracy"
        raise InputError(f"a chance error of {chance:g} is outside (0, 1]", where="chance", hint=hint)
    return chance


def _fit(table: Table, preset: ErrorPreset, end: float) -> tuple[Curve, float]:
    loss, error, weights = table.values()
    if preset != "paper":
        return fit_anchored(loss, error, end, _FORMS[preset], weights)
    best, at_end = fit_exponential(loss, error)
    published = fit_published(loss, error)
    if at_end or published is None or _squares(published, table) > 1.001 * _squares(best, table) + 1e-12:
        table.note("the paper's search finds no proper optimum: these runs do not show the curve's shape")
    curve = best if published is None else published
    return curve, float(np.sqrt(_squares(curve, table) / max(len(loss) - 3, 1)))


def _squares(curve: Curve, table: Table) -> float:
    loss, error, _ = table.values()
    return float(((curve.error(loss) - error) ** 2).sum())
