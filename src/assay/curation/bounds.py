"""Which parameter of a filter sets which bound of its rules, found by trying."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError

from assay.curation.step import Filter, Rule

Side = Literal["minimum", "maximum"]
SIDES: tuple[Side, ...] = ("minimum", "maximum")


@dataclass(frozen=True)
class Setting:
    """A parameter that is a bound, or one entry of a parameter that is a table of bounds."""

    parameter: str
    key: Any = None


def settings_of(step: Filter) -> dict[tuple[int, Side], Setting]:
    """Number of the rule and side → the parameter that is this bound. Bounds without a parameter are not there."""
    found = {}
    for setting, value in _numbers(step):
        place = next(filter(None, (_bound_at(step, setting, other) for other in _others(value))), None)
        if place is not None:
            found[place] = setting
    return found


def _numbers(step: Filter) -> Iterator[tuple[Setting, float]]:
    for name, value in step:
        if isinstance(value, dict):
            yield from ((Setting(name, key), number) for key, number in value.items() if _is_number(number))
        elif _is_number(value):
            yield Setting(name), value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _others(value: float) -> tuple[float, ...]:
    """Other values to try: the parameter may not allow all of them."""
    return (value + 1, value / 2, (value + 1) / 2) if math.isfinite(value) else (1, 0.5)


def _bound_at(step: Filter, setting: Setting, value: float) -> tuple[int, Side] | None:
    """The bound that becomes ``value`` with the parameter; None when it is not allowed, or changes anything else."""
    before = getattr(step, setting.parameter)
    after = value if setting.key is None else before | {setting.key: value}
    try:
        other = type(step).model_validate(dict(step) | {setting.parameter: after})
    except ValidationError:
        return None
    rules, changed = step.rules(), other.rules()
    if [rule.measure for rule in rules] != [rule.measure for rule in changed]:
        return None
    places: list[tuple[int, Side]] = [
        (number, side)
        for number, (old, new) in enumerate(zip(rules, changed, strict=True))
        for side in SIDES
        if bound_of(old, side) != bound_of(new, side)
    ]
    return places[0] if len(places) == 1 and bound_of(changed[places[0][0]], places[0][1]) == value else None


def bound_of(rule: Rule, side: Side) -> float:
    """The minimum or the maximum of a rule."""
    return rule.minimum if side == "minimum" else rule.maximum
