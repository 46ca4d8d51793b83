"""Quantities with units: they are integers or floats that parse "28.8B" and "1e9" and print with their unit.

>>> Tokens.parse("28.8B"), str(Flops(2.4e20)), str(Bytes(5_200_000))
(28800000000, '2.4e+20 FLOPs', '5.2 MB')
"""

from __future__ import annotations

import re
from typing import Any, ClassVar, Self

_FACTORS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9, "t": 10**12, "p": 10**15}
_NUMBER = re.compile(
    r"\s*([0-9][0-9_,]*\.?[0-9]*(?:e[+-]?[0-9]+)?)\s*([kmgbtp]?)(?:i?b|tokens?|flops?|params?)?\s*", re.I
)


def parse_number(text: str | float) -> float:
    """A plain number from ``28.8B``, ``1e9``, ``1_000`` or a number. Raises ValueError for anything else."""
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        return text
    match = _NUMBER.fullmatch(str(text))
    if not match:
        raise ValueError(f"{text!r} is not a quantity; write for example 4M, 28.8B or 1e9")
    return float(match[1].replace("_", "").replace(",", "")) * _FACTORS[match[2].lower()]


def _short(value: float) -> str:
    for factor, letter in ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "K")):
        if abs(value) >= factor:
            return f"{value / factor:.3g}{letter}"
    return f"{value:.3g}"


class _Count(int):
    unit: ClassVar[str] = ""

    @classmethod
    def parse(cls, text: str | float) -> Self:
        """From text or a number; ValueError when it is not a whole number of at least 0."""
        value = parse_number(text)
        whole = round(value)
        if whole < 0 or abs(whole - value) > 1e-6 * max(1.0, abs(value)):
            raise ValueError(f"{text!r} is not a whole number of {cls.unit}")
        return cls(whole)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            cls.parse, serialization=core_schema.plain_serializer_function_ser_schema(int)
        )

    def __str__(self) -> str:
        return f"{_short(self)} {self.unit}"


class Tokens(_Count):
    """A number of tokens."""

    unit = "tokens"


class Params(_Count):
    """A number of model parameters."""

    unit = "parameters"


class Bytes(_Count):
    """A number of bytes."""

    unit = "B"

    def __str__(self) -> str:
        for factor, letter in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
            if self >= factor:
                return f"{self / factor:.3g} {letter}"
        return f"{int(self)} B"


class Flops(float):
    """Floating-point operations."""

    def __str__(self) -> str:
        return f"{float(self):.3g} FLOPs"
