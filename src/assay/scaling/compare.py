"""Two training sets at a target scale: which has the lower loss, how sure that is, and what it is worth in compute."""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from assay.base.errors import InputError
from assay.scaling.checks import ScalingWarning
from assay.scaling.fit import Fit
from assay.scaling.loss_law import LossLaw

_SHARED = 0.8
"""Of the runs must be of sizes and tokens that both have, for a paired comparison."""


@dataclass(frozen=True)
class LawComparison:
    """The loss of A against B at a target."""

    loss_a: float
    loss_b: float
    low: float
    high: float
    """The 95 % interval of loss A - loss B."""
    a_is_better: float
    """The probability that A's loss is lower."""
    compute_multiplier: float
    """Compute that B needs for A's loss over A's, at the same tokens a parameter; infinite if it never gets there."""
    paired: bool
    """Whether both were fitted to the same sizes and tokens, so that what they share cancels."""
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As JSON-like values."""
        return asdict(self)


def compare(fit_a: Fit | LossLaw, fit_b: Fit | LossLaw, target: tuple[float, float]) -> LawComparison:
    """A against B at ``target``: parameters in all and tokens.

    The draws of both are the same where both were fitted to the same sizes and tokens: what a size has of its own is
    then in both. Warns where the loss is measured on text of the kind that A or B was trained on. InputError when two
    fits are of different losses.
    """
    notes = _check(fit_a, fit_b)
    law_a, law_b = (each.law if isinstance(each, Fit) else each for each in (fit_a, fit_b))
    at_a, at_b = (_place(fit, target) for fit in (fit_a, fit_b))
    loss_a, loss_b = float(law_a.predict(*at_a)[0]), float(law_b.predict(*at_b)[0])
    shared = _shared(law_a, law_b)
    deviation = _paired(*shared, at_a, at_b) if shared else _apart((law_a, at_a, loss_a), (law_b, at_b, loss_b))
    difference = np.log(loss_a / loss_b)
    half = ndtri(0.975) * deviation
    low, high = (float(loss_b * np.expm1(end)) for end in (difference - half, difference + half))
    probability = float(ndtr(-difference / deviation))
    more = _more_compute(law_b, loss_a, at_b)
    return LawComparison(loss_a, loss_b, low, high, probability, more, shared is not None, tuple(notes))


def _check(fit_a: Fit | LossLaw, fit_b: Fit | LossLaw) -> list[str]:
    fits = [fit for fit in (fit_a, fit_b) if isinstance(fit, Fit)]
    if len({fit.loss_name for fit in fits}) > 1:
        raise InputError("the two fits are of different losses", hint="fit both on the same evaluation set")
    notes = [note for fit in fits if (note := fit.own_distribution())]
    for note in notes:
        warnings.warn(note, ScalingWarning, stacklevel=3)
    return notes


def _place(fit: Fit | LossLaw, target: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    params, tokens = target
    if isinstance(fit, Fit) and fit.law.preset != "paper":
        params = fit.runs.size_of(params)
    return np.array([float(params)]), np.array([float(tokens)])


def _shared(law_a: LossLaw, law_b: LossLaw) -> tuple[LossLaw, LossLaw] | None:
    """Both laws fitted to the sizes and tokens that both have; None where these are few."""
    rows_a, rows_b = (list(zip(law.params, law.tokens, strict=True)) for law in (law_a, law_b))
    if rows_a == rows_b:
        return law_a, law_b
    both = set(rows_a) & set(rows_b)
    if len(both) < _SHARED * max(len(rows_a), len(rows_b)):
        return None
    laws = []
    for law, rows in ((law_a, rows_a), (law_b, rows_b)):
        at = [rows.index(row) for row in sorted(both)]
        columns = (np.array(values)[at] for values in (law.params, law.tokens, law.loss))
        laws.append(LossLaw.fit(*columns, preset=law.preset))
    return laws[0], laws[1]


def _paired(
    law_a: LossLaw, law_b: LossLaw, at_a: tuple[np.ndarray, np.ndarray], at_b: tuple[np.ndarray, np.ndarray]
) -> float:
    """Standard deviation of log(loss A / loss B): the same draws and the same other forms for both."""
    drawn = law_a.spread.draws.log_loss(*at_a) - law_b.spread.draws.log_loss(*at_b)
    forms = law_a.spread.forms(*at_a) - law_b.spread.forms(*at_b)
    own = np.log(law_a.constants.loss(*at_a) / law_b.constants.loss(*at_b))
    return float(np.sqrt(drawn.std() ** 2 + ((forms - own) ** 2).mean() + law_a.noise**2 + law_b.noise**2))


def _apart(*sides: tuple[LossLaw, tuple[np.ndarray, np.ndarray], float]) -> float:
    """The same for two laws of different runs."""
    return float(np.hypot(*(law.spread.deviation(*at, np.log([loss]))[0] for law, at, loss in sides)))


def _more_compute(law: LossLaw, loss: float, at: tuple[np.ndarray, np.ndarray]) -> float:
    (params,), (tokens,) = at
    if loss <= law.constants.E:
        return float("inf")
    return float(law.flops_for(loss, tokens / params) / (6.0 * params * tokens))
