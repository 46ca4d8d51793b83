"""How fast a run goes: tokens a second, the share of the device's speed, the share of time it waits for data."""

from __future__ import annotations

import time
from dataclasses import dataclass

from assay.training.device import peak_memory
from assay.training.world import World


@dataclass(frozen=True)
class Work:
    """What a step takes, on all devices together, and what they could do."""

    tokens: int
    flops: float
    """Of the matrix products: 6 for each weight and token, and attention."""
    matmul_rate: float
    """Floating-point operations a second of all devices, measured by a large matrix product (``device.py``)."""


class Meter:
    """Measures between two rows of the metrics."""

    def __init__(self, work: Work, world: World):
        self._work, self._world = work, world
        self._steps = 0
        self._started = time.monotonic()
        self._waited = 0.0

    def step(self, waited: float) -> None:
        """A step is done, and ``waited`` seconds of it passed until its data were there."""
        self._steps += 1
        self._waited += waited

    def read(self) -> dict[str, float]:
        """The rates since the last reading. Memory is this process's, in bytes."""
        seconds = max(time.monotonic() - self._started, 1e-9)
        work, steps = self._work, self._steps
        row = {
            "tokens_per_second": steps * work.tokens / seconds,
            "mfu": steps * work.flops / seconds / work.matmul_rate,
            "data_wait": self._waited / seconds,
            "memory": peak_memory(self._world.device),
        }
        self.restart()
        return row

    def restart(self) -> None:
        """Leave out what passed since the last reading, such as a validation."""
        self._started, self._steps, self._waited = time.monotonic(), 0, 0.0
