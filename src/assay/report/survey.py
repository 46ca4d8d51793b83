"""The values of statistics, small enough for a page: every rule's values divided at stops for its slider.

At each stop the number of documents is exact. What several rules keep together is counted on a sample of documents: the
number of each value's place among the stops is one byte.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.curation.refilter import Screen
from assay.curation.retention import Statistics
from assay.curation.step import Filter, Rule

SAMPLE = 20_000
"""Documents at most."""
_TAIL = (0, 0.0003, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04)
_LEVELS = np.unique([*_TAIL, *np.linspace(0.05, 0.95, 91), *(1 - level for level in _TAIL)])  # 117: with bounds < 127
_DIGITS = 3
UNDEFINED = 255
_PRIORITIES = 1 << 32  # crc32


@dataclass(frozen=True)
class RuleValues:
    """One rule over all documents."""

    rule: Rule
    column: str
    stops: np.ndarray
    """Ascending; the rule's finite bounds are among them."""
    counts: np.ndarray
    """Documents of the pool at each place: ``2 k + 1`` is stop k, ``2 k`` before it and behind the one before,
    255 not defined."""


@dataclass(frozen=True)
class Sampled:
    """Documents of the sample, in pool order."""

    places: np.ndarray
    """uint8 (rules, documents)."""
    values: np.ndarray
    """float64 (rules, documents)."""
    bytes: np.ndarray
    dropped: list[str | None]
    """The column of the modifier that drops each."""
    rows: np.ndarray
    """Where each is among all documents."""


def survey(statistics: Statistics, screens: tuple[Screen, ...]) -> tuple[list[RuleValues], Sampled]:
    """The rules of the screens' filters, in order, and the sample."""
    rules = [(rule, column) for screen in screens for rule, column in _rules(screen)]
    columns = [column for _, column in rules]
    values, rows, sizes, dropped = _sample(statistics, columns)
    stops = [_stops(numbers, rule) for numbers, (rule, _) in zip(values, rules, strict=True)]
    counts = np.zeros((len(rules), 256), np.int64)
    for batch in statistics.batches():
        for number, column in enumerate(columns):
            counts[number] += np.bincount(places(batch.numbers(column), stops[number]), minlength=256)
    found = [RuleValues(*rule, *rest) for rule, *rest in zip(rules, stops, counts, strict=True)]
    sampled = np.array([places(*each) for each in zip(values, stops, strict=True)], np.uint8).reshape(len(rules), -1)
    return found, Sampled(sampled, values, sizes, dropped, rows)


def _rules(screen: Screen) -> Iterator[tuple[Rule, str]]:
    if isinstance(screen.step, Filter):
        yield from zip(screen.step.rules(), screen.columns, strict=True)


def _sample(statistics: Statistics, columns: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str | None]]:
    """Values (rules, documents), rows, bytes and what drops them, of the documents with the lowest priorities."""
    share = 1.05 * SAMPLE / max(statistics.documents, 1)
    limit = _PRIORITIES if share >= 1 else int(share * _PRIORITIES)
    parts: list[tuple[Any, ...]] = []
    start = 0
    for batch in statistics.batches():
        chosen = np.flatnonzero(batch.priorities < limit)
        numbers = np.array([batch.numbers(column)[chosen] for column in columns]).reshape(len(columns), -1)
        parts.append(
            (numbers, chosen + start, batch.numbers("bytes")[chosen], batch.dropped[chosen], batch.priorities[chosen])
        )
        start += len(batch)
    values, rows, sizes, dropped, priorities = (np.concatenate(each, axis=-1) for each in zip(*parts, strict=True))
    kept = np.sort(np.argsort(priorities, kind="stable")[:SAMPLE])
    return values[:, kept], rows[kept], sizes[kept], dropped[kept].tolist()


def _stops(values: np.ndarray, rule: Rule) -> np.ndarray:
    """Round numbers over the range of the values, closer where there are more of them; with the rule's bounds."""
    defined = values[np.isfinite(values)]
    spread = np.quantile(defined, _LEVELS, method="nearest") if len(defined) else np.zeros(0)
    bounds = [bound for bound in (rule.minimum, rule.maximum) if math.isfinite(bound)]
    return np.unique([*(float(f"{value:.{_DIGITS}g}") for value in spread), *bounds])


def places(values: np.ndarray, stops: np.ndarray) -> np.ndarray:
    """Where values lie among the stops; see ``RuleValues.counts``."""
    after = np.searchsorted(stops, values)
    exact = np.append(stops, np.nan)[after] == values
    return np.where(np.isnan(values), UNDEFINED, 2 * after + exact)
