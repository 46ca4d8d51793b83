"""Steps that stand out: a loss or a gradient far above those before it, or no number at all."""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Iterable

_WINDOW = 128
_DEVIATIONS = 6
"""Both as the defaults of OLMo-core's ``SkipStepOptimizer``."""


class Spikes:
    """Watches the losses and gradient norms of a run; what it remembers goes into checkpoints."""

    def __init__(self, recent: Iterable[tuple[float, float]] = ()):
        self.recent: deque[tuple[float, float]] = deque(((loss, norm) for loss, norm in recent), maxlen=_WINDOW)

    def seen(self, loss: float, gradient_norm: float) -> str | None:
        """Take in a step; what is wrong with it: "spike", "no number", or None.

        A spike is more than six standard deviations above the mean of the last 128 steps, judged from the 64th on.
        """
        if not (math.isfinite(loss) and math.isfinite(gradient_norm)):
            return "no number"
        before = list(zip(*self.recent, strict=True))
        self.recent.append((loss, gradient_norm))
        if len(self.recent) <= _WINDOW // 2:
            return None
        high = any(_stands_out(now, past) for now, past in zip((loss, gradient_norm), before, strict=True))
        return "spike" if high else None


def _stands_out(value: float, past: tuple[float, ...]) -> bool:
    mean = statistics.fmean(past)
    return value - mean > _DEVIATIONS * statistics.stdev(past, mean)
