from __future__ import annotations

import numpy as np
import pytest

from assay.base.errors import InputError
from assay.scaling import Ladder
from assay.scaling.planning import TYPICAL
from assay.scaling.robust import expected_deviation

TARGET = {"target_params": "1.4B", "target_tokens": "28B"}


@pytest.fixture(scope="module")
def plan():
    return Ladder("3e19", **TARGET).plan()


def test_it_costs_what_was_allowed(plan):
    assert 0.8 * 3e19 <= plan.flops <= 3e19
    assert float(plan.flops) == pytest.approx(sum(6 * run.params * run.tokens * run.seeds for run in plan.runs))


def test_every_size_has_at_least_two_multipliers_and_not_only_twenty(plan):
    by_size = {}
    for run in plan.runs:
        by_size.setdefault(run.params, set()).add(run.multiplier)
    assert len(by_size) >= 4
    assert all(len(multipliers) >= 2 for multipliers in by_size.values())


def test_the_cheapest_runs_are_repeated_for_the_noise(plan):
    cheapest = min(plan.runs, key=lambda run: run.params * run.tokens)
    dearest = max(plan.runs, key=lambda run: run.params * run.tokens)
    assert cheapest.seeds > 1
    assert dearest.seeds == 1


def test_a_larger_budget_and_a_nearer_target_are_surer(plan):
    assert Ladder("3e20", **TARGET).plan().half_widths[0.8] < plan.half_widths[0.8]
    assert Ladder("3e19", "7B", "140B").plan().half_widths[0.8] > plan.half_widths[0.8]
    assert plan.half_widths[0.8] < plan.half_widths[0.95]


def test_noisier_runs_make_it_less_sure(plan):
    assert Ladder("3e19", **TARGET, noise=0.03).plan().half_widths[0.8] > 1.2 * plan.half_widths[0.8]


def test_the_plan_beats_one_multiplier_at_the_same_cost(plan):
    """Sizes alone, all at M = 20, leave a and b apart to the prior."""
    n, d = (np.array([float(getattr(run, key)) for run in plan.runs]) for key in ("params", "tokens"))
    one = np.geomspace(1, 30, 6) * 1e7
    one *= np.sqrt(float(plan.flops) / (120 * (one**2).sum()))
    target = np.array([1.4e9]), np.array([4.5e11])
    assert expected_deviation(TYPICAL, (n, d), target, 0.01) < expected_deviation(
        TYPICAL, (one, 20 * one), target, 0.01
    )


def test_units_are_read_and_too_little_is_refused():
    assert Ladder(3e19, 1.4e9, 28e9).plan() == Ladder("3e19", **TARGET).plan()
    with pytest.raises(InputError, match="pay for no ladder"):
        Ladder("1e12").plan()
