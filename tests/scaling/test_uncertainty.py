from __future__ import annotations

import numpy as np
import pytest

from assay.scaling import LossLaw
from assay.scaling.uncertainty import bootstrap_weights
from scaling.conftest import TRUE, ladder

TARGET = (3e9, 3e11)


def test_intervals_hold_as_many_runs_as_they_say():
    """Runs scatter by 1 % about a true law, and so does the run at the target, of forty times their compute."""
    inside = []
    for seed in range(40):
        measured = TRUE.loss(*TARGET) * np.exp(0.01 * np.random.default_rng(900 + seed).standard_normal())
        law = LossLaw.fit(*ladder(noise=0.01, seed=seed))
        inside.append(
            [low <= measured <= high for low, high in (law.interval(*TARGET, level) for level in (0.8, 0.95))]
        )
    at_80, at_95 = np.mean(inside, axis=0)
    assert 0.65 <= at_80 <= 0.95
    assert at_95 >= 0.87


def test_intervals_are_not_idle():
    law = LossLaw.fit(*ladder(noise=0.004))
    low, high = law.interval(*TARGET)
    assert (high - low) / law.predict(*TARGET) < 0.1


def test_a_higher_level_and_a_farther_target_are_wider():
    law = LossLaw.fit(*ladder(noise=0.004))
    low, high = law.interval(*TARGET, 0.8)
    lower, higher = law.interval(*TARGET, 0.95)
    assert lower < low < law.predict(*TARGET) < high < higher
    widths = np.diff(np.log(law.interval([6e8, 6e9, 6e10], [6e10, 6e11, 6e12])), axis=0)[0]
    assert widths[0] < widths[1] < widths[2]


def test_noisier_runs_have_wider_intervals():
    def width(noise):
        low, high = LossLaw.fit(*ladder(noise=noise)).interval(*TARGET)
        return high - low

    assert width(0.001) < width(0.01) < width(0.03)


def test_the_same_runs_give_the_same_interval():
    assert LossLaw.fit(*ladder(noise=0.01)).interval(*TARGET) == LossLaw.fit(*ladder(noise=0.01)).interval(*TARGET)


def test_draws_weigh_runs_and_sizes():
    params = np.repeat([1e7, 1e8, 1e9], 4)
    weights = bootstrap_weights(params, 1000, np.random.default_rng(0))
    assert weights.shape == (1000, 12)
    assert weights.mean() == pytest.approx(1, abs=0.05)
    by_size = weights[500:].reshape(500, 3, 4)
    assert (by_size == by_size[:, :, :1]).all()
    assert not (weights[:500, 0] == weights[:500, 1]).any()
