"""Operators made of operators. Every choice is drawn for each image, and never for the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from assay.base.errors import InputError
from assay.inversion.draws import CHOICE, Draws
from assay.inversion.operators import Identity, Operator

# The operator number of choices; 0 is no operator's.
_CHOICE = 0


class Compose(Operator):
    """One operator after the other."""

    def __init__(self, operators: Sequence[Operator]):
        self.operators = list(operators)

    def _apply(self, images: Tensor, draws: Draws) -> Tensor:
        for place, operator in enumerate(self.operators):
            images = operator(images, draws.inside(place))
        return images

    def __str__(self) -> str:
        return "+".join(map(str, self.operators))


class OneOf(Operator):
    """At most one operator, each with its own probability; with what is left of 1, the image stays clean."""

    def __init__(self, operators: Sequence[tuple[float, Operator]]):
        self.operators = list(operators)
        chances = [chance for chance, _ in self.operators]
        if min(chances, default=0) < 0 or sum(chances) > 1 + 1e-9:
            raise InputError(f"the probabilities {chances} are not shares of one whole")
        self._limits = torch.tensor(chances, dtype=torch.float64).cumsum(0)

    def _apply(self, images: Tensor, draws: Draws) -> Tensor:
        uniform = draws.uniform(_CHOICE, 1, CHOICE)[:, 0].double()
        chosen = torch.bucketize(uniform, self._limits.to(uniform.device), right=True)
        out = images.clone()
        for place, (_, operator) in enumerate(self.operators):
            few = chosen == place
            if few.any():
                inside = replace(draws, samples=draws.samples[few]).inside(place)
                out[few] = operator(images[few], inside)
        return out

    def __str__(self) -> str:
        return "one of " + ", ".join(f"{chance:g} {operator}" for chance, operator in self.operators)


class Maybe(OneOf):
    """An operator with a probability."""

    def __init__(self, probability: float, operator: Operator):
        super().__init__([(probability, operator)])


class Shared(Operator):
    """One draw for all images and passes: the paper's fixed mask or noise, the same in training and in the test."""

    def __init__(self, operator: Operator):
        self.operator = operator

    def _apply(self, images: Tensor, draws: Draws) -> Tensor:
        return self.operator(images, replace(draws, samples=torch.zeros_like(draws.samples), draw=0))

    def __str__(self) -> str:
        return f"shared {self.operator}"


def with_clean(operator: Operator, share: float = 0.25) -> OneOf:
    """The operator, and clean images for a ``share``: a student that never sees clean images comes to fail on them."""
    return OneOf([(share, Identity()), (1 - share, operator)])
