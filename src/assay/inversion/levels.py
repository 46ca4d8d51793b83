"""How strong an operator is: one level for all images, or a level for each.

>>> str(Level.parse("0.5..0.95")), str(Level.parse("0.5,0.75,0.9")), str(Level.parse("0.9"))
('0.5..0.95', '0.5,0.75,0.9', '0.9')
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from assay.base.errors import InputError


@dataclass(frozen=True)
class Level:
    """Values from which each image draws one: uniformly from ``values[0]`` to ``values[1]`` if ``between``."""

    values: tuple[float, ...]
    between: bool = False

    @classmethod
    def parse(cls, text: str | float | Level) -> Level:
        """From ``0.9`` (fixed), ``0.5..0.95`` (a range) or ``0.5,0.75`` (one of these); else InputError."""
        if isinstance(text, Level):
            return text
        low, dots, high = str(text).partition("..")
        try:
            values = tuple(float(value) for value in ((low, high) if dots else str(text).split(",")))
        except ValueError:
            raise _not_a_level(text) from None
        if not all(math.isfinite(value) for value in values) or (dots and values[0] > values[1]):
            raise _not_a_level(text)
        return cls(values, bool(dots))

    def __str__(self) -> str:
        return (".." if self.between else ",").join(f"{value:g}" for value in self.values)

    def draw(self, uniform: Tensor) -> Tensor:
        """The level of each image, float64 (B,), from numbers (B,) uniform in [0, 1)."""
        uniform = uniform.double()
        if self.between:
            low, high = self.values
            return low + (high - low) * uniform
        values = torch.tensor(self.values, dtype=torch.float64, device=uniform.device)
        return values[(uniform * len(values)).long()]

    def check(self, name: str, low: float, high: float, whole: bool = False) -> None:
        """InputError unless all values lie in [low, high], and are whole numbers where only those make sense."""
        for value in self.values:
            if not low <= value <= high:
                raise InputError(
                    f"level {value:g} of {name} is out of range", hint=f"levels of {name} go from {low:g} to {high:g}"
                )
            if whole and (value != int(value) or self.between):
                raise InputError(f"level {self} of {name} is not a whole number", hint=f"write for example {name}:3")


def _not_a_level(text: object) -> InputError:
    return InputError(f"{str(text)!r} is not a level", hint="write 0.9, a range 0.5..0.95, or a choice 0.5,0.75,0.9")
