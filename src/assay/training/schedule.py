"""The learning rate: linear warm-up, then half a cosine (open_lm ``scheduler.py``, ``cosine_lr``)."""

from __future__ import annotations

import math

from assay.models.scales import Optimizer


def learning_rate(step: int, steps: int, optimizer: Optimizer) -> float:
    """The learning rate with which step ``step`` (from 0) of ``steps`` is taken.

    The first step has base / warmup_steps, step ``warmup_steps`` has the base, and the rate after the last step would
    be ``end_learning_rate``.
    """
    base, end, warmup = optimizer.learning_rate, optimizer.end_learning_rate, optimizer.warmup_steps
    if step < warmup:
        return base * (step + 1) / warmup
    done = (step - warmup) / (steps - warmup)
    return end + 0.5 * (1 + math.cos(math.pi * done)) * (base - end)
