from __future__ import annotations

import numpy as np
import pytest

from assay.scaling import LossLaw
from assay.scaling.noise import USUAL, seed_noise
from scaling.conftest import TRUE


def repeated(noise, seeds=10):
    params = np.repeat(np.geomspace(1e7, 1e9, 5), seeds)
    tokens = params * np.tile([20.0, 80.0], len(params) // 2)
    scatter = np.random.default_rng(0).standard_normal(len(params))
    return params, tokens, TRUE.loss(params, tokens) * np.exp(noise * scatter)


@pytest.mark.parametrize("noise", [0.001, 0.01, 0.05])
def test_repeated_runs_tell_the_noise(noise):
    assert seed_noise(*repeated(noise)) == pytest.approx(noise, rel=0.35)


def test_without_repeats_it_is_what_is_usual():
    params, tokens, loss = repeated(0.05)
    assert seed_noise(params * np.arange(1, 51), tokens, loss) == USUAL


def test_the_interval_of_one_run_is_at_least_its_noise():
    law = LossLaw.fit(*repeated(0.05))
    low, high = law.interval(1e9, 8e10)
    assert np.log(high / low) > 2 * 1.28 * 0.04
