"""Which runs to make for a budget, so that the forecast at the target is as sure as it can be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from assay.base.errors import InputError
from assay.base.units import Flops, Params, Tokens, parse_number
from assay.scaling.backtest import DRIFT
from assay.scaling.fit import LEVELS
from assay.scaling.forms import FLOPS_PER_PARAMETER_TOKEN, Overtraining
from assay.scaling.loss_law import LossLaw
from assay.scaling.noise import USUAL
from assay.scaling.robust import expected_deviation

TYPICAL = Overtraining(E=1.73, a=157, b=246, eta=0.127).constants()
"""What the runs are expected to do: RefinedWeb's constants of Table 6, the middle ones of the paper's three."""
SCATTER = 0.012
"""What runs scatter about a fitted law, in log L: root mean square over the published testbed by the default rule, on
C4 eval and Paloma's C4."""
_COLUMNS = ("params", "tokens")
_SIZES = (4, 5, 6, 8)
_SPANS = (8.0, 16.0, 32.0, 64.0)
"""The largest size over the smallest."""
_MULTIPLIERS = ((20, 80), (20, 320), (10, 20, 80), (20, 80, 320), (10, 40, 160))
"""At least two for each size, so that a and b can be told apart; from 10, since warm-up spoils fewer tokens a
parameter."""
_SMALLEST = 1e6
_SEED_SHARE = 0.05
"""Of the budget, for repeats of the cheapest runs: they measure the noise."""
_SEEDS = 3
_SIMULATED = 4
"""Ladders that are simulated to say how wide the interval will be."""


@dataclass(frozen=True)
class PlannedRun:
    """A run to make, so many times with different seeds."""

    params: Params
    multiplier: float
    """Tokens a parameter."""
    seeds: int

    @property
    def tokens(self) -> Tokens:
        """Of one run."""
        return Tokens(round(self.params * self.multiplier))

    @property
    def flops(self) -> Flops:
        """6·N·D over all seeds."""
        return Flops(FLOPS_PER_PARAMETER_TOKEN * self.params * self.tokens * self.seeds)

    def to_json(self) -> dict[str, Any]:
        """As JSON-like values."""
        sizes = {"params": int(self.params), "tokens": int(self.tokens), "multiplier": self.multiplier}
        return {**sizes, "seeds": self.seeds, "flops": float(self.flops)}


@dataclass(frozen=True)
class LadderPlan:
    """The runs of a ladder and what to expect of them."""

    runs: tuple[PlannedRun, ...]
    target_params: Params
    target_tokens: Tokens
    expected_loss: float
    """By the typical constants: only its order is meant."""
    half_widths: dict[float, float]
    """By level, half the width of the interval to expect, as a share of the loss: the mean over simulated ladders."""

    @property
    def flops(self) -> Flops:
        """Of all runs."""
        return Flops(sum(float(run.flops) for run in self.runs))

    @property
    def target_flops(self) -> Flops:
        """6·N·D of the target."""
        return Flops(FLOPS_PER_PARAMETER_TOKEN * self.target_params * self.target_tokens)

    def to_json(self) -> dict[str, Any]:
        """As JSON-like values."""
        return {
            "runs": [run.to_json() for run in self.runs],
            "flops": float(self.flops),
            "target": {"params": int(self.target_params), "tokens": int(self.target_tokens)},
            "target_flops": float(self.target_flops),
            "times": float(self.target_flops / self.flops),
            "interval_half_width": {f"{100 * level:g}": width for level, width in self.half_widths.items()},
        }


@dataclass(frozen=True)
class Ladder:
    """A budget in FLOPs (3e19 or "3e19") and a target. Without a target: 100 times the budget at 20 tokens a
    parameter.
    """

    budget: float | str
    target_params: float | str | None = None
    target_tokens: float | str | None = None
    noise: float = USUAL
    """Standard deviation of log L between seeds, where a fit of repeated runs has measured it (``LossLaw.noise``)."""

    def plan(self) -> LadderPlan:
        """Of ladders over sizes, spans and multipliers that the budget pays for, the one with the surest forecast.

        InputError for a budget that pays for no ladder.
        """
        budget = float(parse_number(self.budget))
        params, tokens = self._target(budget)
        best: tuple[float, list[PlannedRun]] | None = None
        for runs in _candidates((1 - _SEED_SHARE) * budget):
            deviation = self._deviation(runs, params, tokens)
            if best is None or deviation < best[0]:
                best = deviation, runs
        if best is None:
            hint = f"the smallest ladder, of models from {Params(int(_SMALLEST))}, needs {_cheapest():.1g} FLOPs"
            raise InputError(f"{budget:.3g} FLOPs pay for no ladder", where="--budget", hint=hint)
        runs = _with_seeds(best[1], _SEED_SHARE * budget)
        loss = float(TYPICAL.loss(np.array(params), np.array(tokens)))
        widths = self._half_widths(runs, params, tokens)
        return LadderPlan(tuple(runs), Params(round(params)), Tokens(round(tokens)), loss, widths)

    def _target(self, budget: float) -> tuple[float, float]:
        if self.target_params is None:
            params = float(np.sqrt(100 * budget / (FLOPS_PER_PARAMETER_TOKEN * 20)))
        else:
            params = float(parse_number(self.target_params))
        return params, float(parse_number(self.target_tokens)) if self.target_tokens is not None else 20 * params

    def _deviation(self, runs: list[PlannedRun], params: float, tokens: float) -> float:
        n, d = np.array([run.params for run in runs], float), np.array([run.tokens for run in runs], float)
        (fitted,) = expected_deviation(TYPICAL, (n, d), (np.array([params]), np.array([tokens])), SCATTER)
        decades = max(float(np.log10(params * tokens / (n * d).max())), 0)
        return float(np.hypot(fitted, DRIFT * decades))

    def _half_widths(self, runs: list[PlannedRun], params: float, tokens: float) -> dict[float, float]:
        """Simulated losses scatter about the typical law; each ladder is fitted as a real one would be."""
        generator = np.random.default_rng(0)
        n, d = (np.repeat([float(getattr(run, key)) for run in runs], [run.seeds for run in runs]) for key in _COLUMNS)
        places = np.unique(np.stack([n, d]), axis=1, return_inverse=True)[1].ravel()
        found: dict[float, list[float]] = {level: [] for level in LEVELS}
        for _ in range(_SIMULATED):
            own = SCATTER * generator.standard_normal(len(n))[places] + self.noise * generator.standard_normal(len(n))
            law = LossLaw.fit(n, d, TYPICAL.loss(n, d) * np.exp(own))
            for level, widths in found.items():
                low, high = law.interval(params, tokens, level)
                widths.append(float((high - low) / (high + low)))
        return {level: float(np.mean(widths)) for level, widths in found.items()}


def _candidates(budget: float) -> Iterator[list[PlannedRun]]:
    for count, span, multipliers in product(_SIZES, _SPANS, _MULTIPLIERS):
        shape = np.geomspace(1 / span, 1, count)
        largest = np.sqrt(budget / (FLOPS_PER_PARAMETER_TOKEN * (shape**2).sum() * sum(multipliers)))
        if largest / span >= _SMALLEST:
            sizes = [_rounded(largest * share) for share in shape]
            yield [PlannedRun(size, multiplier, 1) for size in sizes for multiplier in multipliers]


def _cheapest() -> float:
    shape = np.geomspace(1, min(_SPANS), min(_SIZES))
    return float(FLOPS_PER_PARAMETER_TOKEN * (_SMALLEST * shape) @ (_SMALLEST * shape) * sum(_MULTIPLIERS[0]))


def _rounded(params: float) -> Params:
    """Two digits, downwards so that the budget holds."""
    unit = 10 ** (np.floor(np.log10(params)) - 1)
    return Params(int(np.floor(params / unit) * unit))


def _with_seeds(runs: list[PlannedRun], left: float) -> list[PlannedRun]:
    """Repeats of the cheapest runs, as far as what is left pays for them."""
    repeated = []
    for run in sorted(runs, key=lambda each: each.flops):
        extra = (_SEEDS - 1) * run.flops
        seeds = _SEEDS if extra <= left else 1
        left -= extra if seeds > 1 else 0
        repeated.append(PlannedRun(run.params, run.multiplier, seeds))
    return sorted(repeated, key=lambda each: (each.params, each.multiplier))
