"""The learning rate of a step: a linear warm-up, then half a cosine, or a constant and a cooldown."""

from __future__ import annotations

import math

from assay.models.scales import Optimizer


def learning_rate(step: int, steps: int, optimizer: Optimizer) -> float:
    """The learning rate with which step ``step`` (from 0) of ``steps`` is taken.

    The first step has base / warmup_steps, step ``warmup_steps`` has the base, and the rate after the last step would
    be ``end_learning_rate``. ``cosine`` is open_lm's ``cosine_lr`` (``scheduler.py``); ``wsd`` keeps the base, then
    goes down as 1 - √ of the share of the cooldown that is done (Hägele et al., arXiv 2405.18392).
    """
    base, end, warmup = optimizer.learning_rate, optimizer.end_learning_rate, optimizer.warmup_steps
    if step < warmup:
        return base * (step + 1) / warmup
    if optimizer.schedule == "cosine":
        done = (step - warmup) / (steps - warmup)
        return end + 0.5 * (1 + math.cos(math.pi * done)) * (base - end)
    stable = optimizer.stable_steps(steps)
    return end + (1 - math.sqrt(max(0, step - stable) / (steps - stable))) * (base - end)
