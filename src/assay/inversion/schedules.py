"""What changes while a student trains: the learning rate and, in a curriculum, the level."""

from __future__ import annotations

import math

# The paper's code calls this variant "increasing": from a tenth to the whole, with a time constant of five epochs.
_START, _TIME = 0.1, 5.0


def curriculum(final: float, epoch: float) -> float:
    """The level in an epoch from 0: final · (0.1 + 0.9(1 - exp(-epoch / 5)))."""
    return final * (_START + (1 - _START) * (1 - math.exp(-epoch / _TIME)))


def paper_rate(epoch: int, learning_rate: float = 3e-4, period: int = 123) -> float:
    """The paper's learning rate in an epoch from 0: half a cosine over ``period`` steps, but one step an epoch.

    123 is ⌊126,689 / (256 · 4)⌋, the steps of an epoch on four GPUs; over 25 epochs the rate falls by a tenth only.
    """
    return learning_rate * (1 + math.cos(math.pi * epoch / period)) / 2
