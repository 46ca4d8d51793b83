from __future__ import annotations

import time
from collections import defaultdict
from threading import Event

import numpy as np
import pytest

from assay.tokens.prefetch import Prefetcher


class SlowLoader:
    """Numbers instead of tokens; every batch takes a while, and some fail."""

    def __init__(self, seconds: float = 0.0, broken: int = -1):
        self.seconds, self.broken = seconds, broken
        self.read = defaultdict(Event)

    def batch(self, step: int, rank: int, world: int) -> np.ndarray:
        time.sleep(self.seconds)
        if step == self.broken:
            raise OSError(f"step {step} cannot be read")
        self.read[step].set()
        return np.array([step, rank, world])


def test_batches_are_those_of_the_loader_in_any_order():
    with Prefetcher(SlowLoader(), rank=1, world=3) as ahead:
        for step in [0, 1, 2, 7, 8, 3, 3, 100, 0]:
            assert ahead.batch(step).tolist() == [step, 1, 3]


def test_the_next_batch_is_read_before_it_is_asked_for():
    loader = SlowLoader(seconds=0.05)
    with Prefetcher(loader) as ahead:
        for step in range(5):
            ahead.batch(step)
            assert loader.read[step + 1].wait(timeout=30)
        assert ahead.waited_seconds > 0


def test_an_error_is_raised_at_its_step():
    with Prefetcher(SlowLoader(broken=2)) as ahead:
        ahead.batch(0)
        ahead.batch(1)
        with pytest.raises(OSError, match="step 2 cannot be read"):
            ahead.batch(2)
        assert ahead.batch(3).tolist() == [3, 0, 1]
