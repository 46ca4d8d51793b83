"""The loss law: what another size and number of tokens will reach, and how sure that is."""

from __future__ import annotations

import json
import warnings
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from assay.base.errors import InputError, unknown_name
from assay.base.files import open_bytes, write_bytes
from assay.base.units import Flops
from assay.scaling.backtest import BackTest, distinct_sizes, leave_largest_out
from assay.scaling.checks import Numbers, ScalingWarning, Table, far, loss_runs, numbers, one_multiplier, positive
from assay.scaling.forms import FLOPS_PER_PARAMETER_TOKEN, Constants, Overtraining
from assay.scaling.huber import fit_huber
from assay.scaling.least_squares import fit_tied
from assay.scaling.noise import scatter, seed_noise
from assay.scaling.robust import TIED, expected_deviation, fit_robust
from assay.scaling.runs import UNDERTRAINED
from assay.scaling.uncertainty import Interval, Spread

Preset = Literal["assay", "paper", "chinchilla"]
_FREEDOM = 3
"""Residual degrees of freedom below which an interval rests on what is usual: at 1 an 80 % t interval is 3.08 wide."""
_FEWEST_LEFT = 8


@dataclass(frozen=True)
class LossLaw:
    """A fitted law L(N, D), and the runs it was fitted to. N is in parameters, D in tokens, L in nats a token.

    Give parameter counts without the input embedding where you know them (``Runs.sizes`` says why), in ``fit`` and in
    ``predict`` alike.
    """

    constants: Constants
    preset: Preset
    params: tuple[float, ...]
    tokens: tuple[float, ...]
    loss: tuple[float, ...]
    notes: tuple[str, ...] = ()
    """What its user should know of the fit."""

    @classmethod
    def fit(cls, params: Numbers, tokens: Numbers, loss: Numbers, preset: Preset = "assay") -> LossLaw:
        """Fit a law to runs.

        ``assay`` is the default rule (``robust.py``); ``paper`` the least squares with one exponent of arXiv
        2403.08540; ``chinchilla`` free exponents and the Huber loss of log L. InputError for runs that no law can be
        fitted to, and a ScalingWarning for what the runs do not say.
        """
        if preset not in get_args(Preset):
            raise unknown_name("preset", preset, get_args(Preset))
        table = loss_runs(params, tokens, loss)
        if preset == "assay":
            _leave_undertrained_out(table)
        arrays = table.values()
        if preset == "paper" and one_multiplier(*arrays[:2]):
            hint = "fit PowerLaw to compute and loss, or add runs with other tokens a parameter"
            raise InputError("all runs have the same tokens a parameter: a and b are not identified", hint=hint)
        if len(arrays[0]) - (4 if preset == "paper" else 5) < _FREEDOM:
            table.note(
                f"{len(arrays[0])} runs leave fewer than {_FREEDOM} degrees of freedom: intervals rest on priors"
            )
        n, d, y = (tuple(map(float, each)) for each in arrays)
        return cls(_fit(preset, arrays), preset, n, d, y, tuple(table.notes))

    def predict(self, params: Numbers, tokens: Numbers) -> np.ndarray:
        """The loss at N and D (broadcast together). Warns beyond 1,000 times the compute of the largest run."""
        params_, tokens_ = _targets(params, tokens)
        if note := self.far(params_, tokens_):
            warnings.warn(note, ScalingWarning, stacklevel=2)
        return self.constants.loss(params_, tokens_)

    def far(self, params: Numbers, tokens: Numbers) -> str | None:
        """What to say of a target that lies more than 1,000 times beyond the largest run, else None."""
        compute = np.multiply(params, tokens, dtype=float)
        return far(float(np.max(compute, initial=0) / (self._params * self._tokens).max()))

    def interval(self, params: Numbers, tokens: Numbers, level: float = 0.8) -> Interval:
        """The ends of the interval of the loss that one run at N and D will reach, with probability ``level``."""
        _check_level(level)
        params_, tokens_ = _targets(params, tokens)
        flat = params_.ravel(), tokens_.ravel()
        found = self.spread.interval(*flat, np.log(self.constants.loss(*flat)), level)
        return Interval(*(end.reshape(params_.shape) for end in found))

    @cached_property
    def spread(self) -> Spread:
        """What the intervals are made of."""
        return Spread(self._params, self._tokens, self._loss, self.backtest, max(self.noise, scatter(self.residuals)))

    @cached_property
    def backtest(self) -> BackTest:
        """This preset's predictions of the largest runs from the smaller ones."""

        def fit(params: np.ndarray, tokens: np.ndarray, loss: np.ndarray) -> Any:
            constants = _fit(self.preset, [params, tokens, loss])
            robust = fit_robust(params, tokens, loss)
            off = scatter(robust.log_loss(params, tokens)[0] - np.log(loss))
            floor = 0.1 * loss.min()  # least squares may have E below zero

            def forecast(n: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
                left = expected_deviation(robust.constants(), (params, tokens), (n, d), off)
                return np.log(np.maximum(constants.loss(n, d), floor)), np.hypot(left, off)

            return forecast

        return leave_largest_out(self._params, self._tokens, self._loss, fit)

    @cached_property
    def noise(self) -> float:
        """Standard deviation of log L between seeds, from repeated runs if there are any."""
        return seed_noise(self._params, self._tokens, self._loss)

    @cached_property
    def overtraining(self) -> Overtraining:
        """E, a, b and eta of the paper: this law's where it has one exponent, else those of the same rule with one."""
        if self.constants.tied:
            return Overtraining.of(self.constants)
        return Overtraining.of(fit_robust(self._params, self._tokens, self._loss, TIED).constants())

    @property
    def residuals(self) -> np.ndarray:
        """log(fitted / measured) of each run."""
        return np.log(self.constants.loss(self._params, self._tokens) / self._loss)

    @property
    def flops(self) -> Flops:
        """The compute of all fitted runs, 6·N·D with the counts that were given."""
        return Flops(FLOPS_PER_PARAMETER_TOKEN * float((self._params * self._tokens).sum()))

    @property
    def backed(self) -> bool:
        """Whether a back-test was possible: a forecast without one is labelled so."""
        return len(self.backtest) > 0

    def tokens_for(self, loss: float, params: float) -> float:
        """The tokens that bring a model of N parameters to a loss. InputError when no number of tokens does."""
        left = loss - self.constants.E - self.constants.A * params**-self.constants.alpha
        if left <= 0:
            lowest = loss - left
            raise InputError(f"a loss of {loss:g} is below the {lowest:.4g} that this size reaches with endless tokens")
        return float((self.constants.B / left) ** (1 / self.constants.beta))

    def flops_for(self, loss: float, multiplier: float) -> Flops:
        """The compute that brings a model with M tokens a parameter to a loss, by bisection in log N.

        InputError when the loss is not above E.
        """
        if loss <= self.constants.E:
            raise InputError(f"a loss of {loss:g} is not above the irreducible {self.constants.E:.4g}")
        low, high = 0.0, 700.0
        for _ in range(100):
            middle = (low + high) / 2
            params = np.exp(middle)
            low, high = (low, middle) if self.constants.loss(params, multiplier * params) < loss else (middle, high)
        return Flops(FLOPS_PER_PARAMETER_TOKEN * multiplier * float(np.exp(low)) ** 2)

    def to_json(self) -> dict[str, Any]:
        """As JSON-like values; ``LossLaw.from_json`` reads them."""
        return {"kind": "loss_law", **asdict(self)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> LossLaw:
        """From what ``to_json`` gave. InputError when it is something else."""
        try:
            n, d, y = (tuple(map(float, value[key])) for key in ("params", "tokens", "loss"))
            return cls(Constants(**value["constants"]), value["preset"], n, d, y, tuple(value["notes"]))
        except (KeyError, TypeError) as error:
            raise InputError(f"is not a loss law: {error!r}") from error

    def save(self, path: str | Path) -> None:
        """Write it to a JSON file."""
        write_bytes(path, (json.dumps(self.to_json(), indent=1) + "\n").encode())

    @classmethod
    def load(cls, path: str | Path) -> LossLaw:
        """Read what ``save`` wrote."""
        with open_bytes(path) as file:
            return cls.from_json(json.load(file))

    @cached_property
    def _params(self) -> np.ndarray:
        return np.array(self.params)

    @cached_property
    def _tokens(self) -> np.ndarray:
        return np.array(self.tokens)

    @cached_property
    def _loss(self) -> np.ndarray:
        return np.array(self.loss)


def _fit(preset: Preset, runs: list[np.ndarray]) -> Constants:
    params, tokens, loss = runs
    if preset == "paper":
        return fit_tied(params, tokens, loss)
    if preset == "chinchilla":
        return fit_huber(params, tokens, loss)[0]
    return fit_robust(params, tokens, loss).constants()


def _leave_undertrained_out(table: Table) -> None:
    """Runs with few tokens a parameter lie outside the law; they go where enough others are left."""
    params, tokens, _ = table.values()
    old = tokens / params > UNDERTRAINED
    if not old.all() and old.sum() >= _FEWEST_LEFT and distinct_sizes(params[old]) > 1:
        table.columns = {name: values[old] for name, values in table.columns.items()}
        table.note(f"{int((~old).sum())} runs of at most {UNDERTRAINED:g} tokens a parameter were left out of the fit")


def _targets(params: Numbers, tokens: Numbers) -> tuple[np.ndarray, np.ndarray]:
    params_, tokens_ = np.broadcast_arrays(np.asarray(params, float), np.asarray(tokens, float))
    table = numbers(params=params_.ravel(), tokens=tokens_.ravel()) if params_.size else None
    if table:
        positive(table, "params", "tokens")
    return params_, tokens_


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise InputError(f"a level of {level:g} is not between 0 and 1", where="level")
