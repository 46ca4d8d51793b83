from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.scaling.difference import ERROR, LOG_LOSS, forecast_difference, paired_differences
from assay.scaling.runs import Runs

FLOPS = np.geomspace(1e15, 1e18, 8)


def runs(group: str, losses, params=(1e6, 2e6, 4e6)) -> Runs:
    params = np.array(params, float)
    count = len(params)
    names = np.array([f"{group}{row}" for row in range(count)])
    return Runs(names, np.full(count, group), params, 20 * params, {"held_out": np.array(losses)}, {}, None)


def test_a_steady_difference_is_carried_on_and_sure():
    found = forecast_difference(FLOPS, np.full(8, -0.05), 1e19)
    assert found.mean == pytest.approx([-0.05], abs=0.002)
    assert found.a_is_better[0] > 0.95


def test_farther_targets_are_less_sure():
    found = forecast_difference(FLOPS, np.full(8, -0.02), np.array([1e18, 1e19, 1e21, 1e24]))
    assert np.all(np.diff(found.deviation) > 0)
    assert np.all(np.diff(found.a_is_better) < 0)


def test_a_trend_can_turn_the_order():
    difference = 0.01 * np.linspace(3, 0.2, 8)  # A is worse by less and less
    found = forecast_difference(FLOPS, difference, 1e20)
    assert found.mean[0] < difference[-1]


def test_noise_without_a_difference_is_undecided():
    rng = np.random.default_rng(0)
    found = forecast_difference(FLOPS, rng.normal(0, 0.01, 8), 1e20)
    assert 0.2 < found.a_is_better[0] < 0.8


@given(st.lists(st.floats(-0.3, 0.3), min_size=1, max_size=9), st.sampled_from([LOG_LOSS, ERROR]))
def test_order_and_sign_do_not_matter(values, drift):
    difference, flops = np.array(values), np.geomspace(1e15, 1e18, len(values))
    found = forecast_difference(flops, difference, 1e20, drift)
    turned = forecast_difference(flops[::-1], -difference[::-1], 1e20, drift)
    assert turned.mean == pytest.approx(-found.mean, abs=1e-9)
    assert turned.deviation == pytest.approx(found.deviation)
    low, high = found.interval(0.8)
    assert low[0] < found.mean[0] < high[0]


def test_intervals_hold_where_the_assumption_does():
    rng, inside = np.random.default_rng(1), []
    x = np.log10(FLOPS / FLOPS.max())
    for _ in range(200):
        walk = np.cumsum(rng.normal(0, LOG_LOSS.walk * np.sqrt(np.diff(x, prepend=x[0] - 1))))
        ahead = walk[-1] + rng.normal(0, LOG_LOSS.walk)  # a decade on
        level, slope = rng.normal(0, 0.1), rng.normal(0, LOG_LOSS.trend)
        noise = rng.normal(0, LOG_LOSS.noise, 9)
        found = forecast_difference(FLOPS, walk + level + slope * x + noise[:8], 10 * FLOPS.max())
        low, high = found.interval(0.8)
        inside.append(low[0] <= ahead + level + slope + noise[8] <= high[0])
    assert 0.72 < np.mean(inside) < 0.88


def test_only_runs_that_both_have_are_paired():
    a, b = runs("a", [3.0, 2.5, 2.0]), runs("b", [3.3, 2.2], (2e6, 9e6))
    flops, difference = paired_differences(a, b, "held_out")
    assert flops == pytest.approx([6 * 2e6 * 4e7])
    assert difference == pytest.approx([np.log(2.5 / 3.3)])


def test_repeated_runs_count_with_their_mean():
    a, b = runs("a", [2.0, 2.0], (1e6, 1e6)), runs("b", [2.0, 4.0], (1e6, 1e6))
    _, difference = paired_differences(a, b, "held_out")
    assert difference == pytest.approx([-np.log(2) / 2])


def test_without_a_pair_it_says_so():
    flops, difference = paired_differences(runs("a", [2.0], (1e6,)), runs("b", [2.0], (2e6,)), "held_out")
    with pytest.raises(InputError, match="no run of A"):
        forecast_difference(flops, difference, 1e20)
