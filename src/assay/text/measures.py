"""Measurements made of other measurements, so that the rules of a filter can be written as a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from assay.curation.documents import Documents

if TYPE_CHECKING:
    import pyarrow as pa

Measure = Callable[[Documents], np.ndarray]

_NEAR = 1e-3  # far more than the multiplication can be off


@dataclass(frozen=True)
class Column:
    """A measurement: one column of another, which gives a structured array."""

    of: Measure
    name: str

    def __call__(self, documents: Documents) -> np.ndarray:
        """The column."""
        return documents.derived(self.of)[self.name]


@dataclass(frozen=True)
class Sum:
    """A measurement: the sum of others, of which the ones in ``less`` are taken away."""

    of: tuple[Measure, ...]
    less: tuple[Measure, ...] = ()

    def __call__(self, documents: Documents) -> np.ndarray:
        """The sums."""
        more = sum(documents.derived(measure) for measure in self.of)
        return np.asarray(more - sum(documents.derived(measure) for measure in self.less))


@dataclass(frozen=True)
class Share:
    """A measurement: one measurement divided by another, which is raised to ``least`` before; NaN where that is 0."""

    part: Measure
    whole: Measure
    least: int = 0

    def __call__(self, documents: Documents) -> np.ndarray:
        """The shares."""
        whole = np.maximum(documents.derived(self.whole), self.least)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(whole > 0, documents.derived(self.part) / whole, np.nan)


@dataclass(frozen=True)
class Rounded:
    """A measurement: another one to so many digits, as Python's ``round`` gives them."""

    of: Measure
    digits: int

    def __call__(self, documents: Documents) -> np.ndarray:
        """The rounded numbers."""
        values = documents.derived(self.of)
        rounded = np.round(values, self.digits)
        # numpy multiplies first, which can move a value across the middle between two.
        scaled = values * 10.0**self.digits
        for row in np.flatnonzero(np.abs(scaled - np.floor(scaled) - 0.5) < _NEAR):
            rounded[row] = round(float(values[row]), self.digits)
        return rounded


@dataclass(frozen=True)
class InSmallLetters:
    """A measurement: another one of the texts as str.lower() makes them."""

    measure: Measure

    def __call__(self, documents: Documents) -> np.ndarray:
        """What the other one gives."""
        return documents.with_text(lowered(documents.text)).derived(self.measure)


def lowered(texts: pa.LargeStringArray) -> pa.LargeStringArray:
    """Texts, none of them null, as str.lower() makes them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    ascii_only = np.asarray(pc.call_function("string_is_ascii", [texts]))
    small = pc.call_function("ascii_lower", [texts])
    if ascii_only.all():
        return small
    others = [texts[row].as_py().lower() for row in np.flatnonzero(~ascii_only)]
    return pc.call_function("replace_with_mask", [small, pa.array(~ascii_only), pa.array(others, pa.large_string())])


def named_columns(values: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """An array (…, columns) as a structured array (…), without copying."""
    return values.view([(name, values.dtype) for name in names])[..., 0]
