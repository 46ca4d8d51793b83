"""Scores beside accuracy that tell small models apart sooner, as DataDecide measures them (Magnusson et al. 2025, 2.3).

P is the probability of a choice: e to its log-likelihood, which ``_per_token`` and ``_per_character`` divide before by
the length of the choice.

correct_prob        P of the right choice
margin              P of the right choice, minus the largest P of the others
norm_correct_prob   P of the right choice, as a part of the P of all choices
total_prob          the P of all choices together
bits_per_byte       what the right choice costs
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator

_LENGTHS = {"": None, "_per_token": "tokens", "_per_character": "characters"}
_OF_PROBABILITIES: dict[str, Callable[[np.ndarray, int], float]] = {
    "correct_prob": lambda p, gold: p[gold],
    "margin": lambda p, gold: p[gold] - np.delete(p, gold).max(initial=0.0),
    "norm_correct_prob": lambda p, gold: p[gold] / p.sum() if p.any() else math.nan,
    "total_prob": lambda p, gold: p.sum(),
}
_BITS = "bits_per_byte"
PROXIES = (*(name + length for name in _OF_PROBABILITIES for length in _LENGTHS), _BITS)
"""All names."""


def _known(name: str) -> str:
    if name not in PROXIES:
        raise ValueError(f"there is no proxy {name!r}; there are {', '.join(PROXIES)}")
    return name


Proxy = Annotated[str, AfterValidator(_known)]
"""The name of a proxy, in a suite file."""


def proxy(name: str, rows: list[dict[str, Any]]) -> tuple[float, float | None] | None:
    """The mean of a proxy over questions (rows of predictions), and its standard error; None where it has no meaning.

    That is without log-likelihoods, as of generated answers.
    """
    values = np.array([_value(name, row) for row in rows if row["log_likelihoods"] and row["gold"] is not None])
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    return float(values.mean()), float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else None


def _value(name: str, row: dict[str, Any]) -> float:
    logs, gold = np.array(row["log_likelihoods"]), row["gold"]
    if name == _BITS:
        return float(-logs[gold] / math.log(2) / row["bytes"][gold])
    kind, _, _ = name.partition("_per_")
    per = _LENGTHS[name.removeprefix(kind)]
    return float(_OF_PROBABILITIES[kind](np.exp(logs if per is None else logs / np.array(row[per])), gold))
