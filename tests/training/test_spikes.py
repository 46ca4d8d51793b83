from __future__ import annotations

import math

import numpy as np
import pytest

from assay.training.spikes import Spikes

CALM = [(3 + 0.01 * np.sin(step), 1 + 0.01 * np.cos(step)) for step in range(200)]


def watched(steps) -> Spikes:
    spikes = Spikes()
    assert [spikes.seen(*step) for step in steps] == [None] * len(steps)
    return spikes


@pytest.mark.parametrize("step", [(3.1, 1.0), (3.0, 1.1)])
def test_a_loss_or_a_gradient_that_stands_out(step):
    assert watched(CALM).seen(*step) == "spike"


def test_a_loss_that_falls_is_none():
    assert watched(CALM).seen(1.0, 1.0) is None


def test_the_rule_of_olmo_core():
    """More than six sample deviations above the mean of the last 128 steps."""
    losses = np.array([loss for loss, _ in CALM][-128:])
    edge = losses.mean() + 6 * losses.std(ddof=1)
    assert watched(CALM).seen(edge - 1e-9, 1.0) is None
    assert watched(CALM).seen(edge + 1e-9, 1.0) == "spike"


def test_nothing_is_judged_by_few_steps():
    assert watched(CALM[:63]).seen(100.0, 100.0) is None
    assert watched(CALM[:64]).seen(100.0, 100.0) == "spike"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_no_number_is_said_at_once_and_not_remembered(value):
    spikes = Spikes()
    assert spikes.seen(value, 1.0) == spikes.seen(1.0, value) == "no number"
    assert not spikes.recent


def test_what_a_checkpoint_keeps_is_enough():
    spikes = watched(CALM)
    again = Spikes([list(pair) for pair in spikes.recent])
    assert again.recent == spikes.recent
    assert again.seen(3.1, 1.0) == "spike"
