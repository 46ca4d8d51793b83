"""What is wrong with the runs of a fit: errors for what cannot be fitted, notes for what should be known."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from assay.base.errors import InputError
from assay.scaling.backtest import distinct_sizes

FEWEST_RUNS = 4
FEWEST_SIZES = 4
"""Below this the exponent of N rests on what is usual more than on the runs."""
FAR = 1000.0
"""Times the compute of the largest run: the paper's farthest forecast is at 330 times all of its fitted runs
together."""
_SHOWN = 3
Numbers = Sequence[float] | np.ndarray | float
"""One number or several."""


class ScalingWarning(UserWarning):
    """Something about a fit or forecast that its user should know."""


@dataclass
class Table:
    """Columns of numbers of one length, as floats, with what was noted about them."""

    columns: dict[str, np.ndarray]
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Keep it, and warn."""
        self.notes.append(text)
        warnings.warn(text, ScalingWarning, stacklevel=2)

    def values(self) -> list[np.ndarray]:
        """The columns in their order."""
        return list(self.columns.values())


def numbers(**columns: Numbers) -> Table:
    """The columns as float arrays. InputError when they differ in length, are empty or not all finite."""
    arrays = {name: np.atleast_1d(np.asarray(values, dtype=float)) for name, values in columns.items()}
    lengths = {name: len(values) for name, values in arrays.items()}
    if len(set(lengths.values())) > 1 or any(values.ndim > 1 for values in arrays.values()):
        raise InputError(f"columns of different lengths: {', '.join(f'{name} {n}' for name, n in lengths.items())}")
    if not min(lengths.values()):
        raise InputError("there are no runs to fit")
    for name, values in arrays.items():
        _refuse(~np.isfinite(values), values, name, "not a finite number", "leave these runs out")
    return Table(arrays)


def positive(table: Table, *names: str) -> None:
    """InputError when a column holds zero or less."""
    for name in names:
        _refuse(
            table.columns[name] <= 0, table.columns[name], name, "not above zero", "it is a count or a loss in nats"
        )


def shares(table: Table, name: str) -> None:
    """InputError when a column leaves [0, 1]."""
    values = table.columns[name]
    hint = "an error is 1 - accuracy, between 0 and 1" + (": divide percent by 100" if np.any(values > 1) else "")
    _refuse((values < 0) | (values > 1), values, name, "outside [0, 1]", hint)


def _refuse(bad: np.ndarray, values: np.ndarray, name: str, what: str, hint: str) -> None:
    places = np.flatnonzero(bad)
    if len(places):
        shown = ", ".join(f"{values[place]:g} in row {place + 1}" for place in places[:_SHOWN])
        more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
        raise InputError(f"is {what}: {shown}{more}", where=f"column {name}", hint=hint)


def loss_runs(params: Numbers, tokens: Numbers, loss: Numbers) -> Table:
    """The runs of a loss law without repeats of a row, checked and with notes."""
    table = numbers(params=params, tokens=tokens, loss=loss)
    positive(table, "params", "tokens", "loss")
    _drop_repeats(table)
    params_, tokens_, _ = table.values()
    runs, sizes = len(params_), distinct_sizes(params_)
    if runs < FEWEST_RUNS:
        hint = "the law has four constants: give at least 4 runs of different sizes and tokens"
        raise InputError(f"{runs} runs are too few for a loss law", hint=hint)
    if sizes == 1:
        hint = "add runs of other sizes"
        raise InputError(
            "all runs have one size: A and alpha, and with them every other size, are not identified", hint=hint
        )
    if sizes < FEWEST_SIZES:
        table.note(f"only {sizes} distinct sizes: E and alpha can hardly be told apart; the prior decides much of both")
    if one_multiplier(params_, tokens_):
        table.note(
            "all runs have the same tokens a parameter: a and b (A and B) are not identified, only E, eta and their "
            "sum at this M; forecasts at another M rest on the prior"
        )
    return table


def one_multiplier(params: np.ndarray, tokens: np.ndarray) -> bool:
    """Whether all runs have the same D/N, within 2 %."""
    return bool(np.ptp(np.log(tokens / params)) < 0.02)


def _drop_repeats(table: Table) -> None:
    rows = np.stack(table.values())
    _, first = np.unique(rows, axis=1, return_index=True)
    repeats = rows.shape[1] - len(first)
    if repeats:
        table.columns = {name: values[np.sort(first)] for name, values in table.columns.items()}
        table.note(f"{repeats} duplicated rows (the same size, tokens and loss) were counted once")


def far(times: float) -> str | None:
    """What to say of a forecast far beyond the runs."""
    if times <= FAR:
        return None
    return f"extrapolates {times:,.0f} times beyond the largest fitted run; beyond {FAR:,.0f} times nothing is known"
