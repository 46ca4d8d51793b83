from __future__ import annotations

import numpy as np
import pytest

from assay.scaling import LossLaw
from assay.scaling.backtest import DRIFT, distinct_sizes, leave_largest_out
from scaling.conftest import ladder


def test_runs_are_predicted_from_smaller_ones_only():
    params, tokens, loss = ladder()
    seen = []

    def fit(n, d, y):
        largest = 6 * (n * d).max()
        seen.append(largest)
        return lambda n, d: (np.where(6 * n * d > largest, 1.0, np.nan), np.zeros(len(n)))

    found = leave_largest_out(params, tokens, loss, fit)
    assert len(set(seen)) == len(seen) > 1
    assert np.isfinite(found.log_error).all()
    assert (found.decades > 0).all()
    assert found.log_error == pytest.approx(1.0 - np.log(loss[found.run.astype(int)]))


def test_a_true_law_has_a_small_error_and_a_small_drift():
    backtest = LossLaw.fit(*ladder()).backtest
    assert backtest.error < 0.01
    assert backtest.drift < 1.2 * DRIFT


def test_drift_grows_with_the_error():
    params, tokens, loss = ladder()

    def off(factor, explained=0.0):
        def fit(*_):
            return lambda n, d: (np.log(_loss(n, d)) + factor, np.full(len(n), explained))

        return leave_largest_out(params, tokens, loss, fit).drift

    def _loss(n, d):
        return np.array([loss[np.argmin(np.abs(params - a) + np.abs(tokens - b))] for a, b in zip(n, d, strict=True)])

    assert off(0.0) < DRIFT < off(0.05) < off(0.1)
    assert off(0.05, explained=0.05) == pytest.approx(off(0.0))


@pytest.mark.filterwarnings("ignore::assay.scaling.checks.ScalingWarning")
def test_nothing_can_be_left_out_of_few_runs():
    law = LossLaw.fit(*(each[:6] for each in ladder()))
    assert not law.backed
    assert np.isnan(law.backtest.error)
    assert law.backtest.drift == pytest.approx(DRIFT)


def test_sizes_within_two_percent_are_one():
    assert distinct_sizes(np.array([1e7, 1.01e7, 2e7])) == 2
    assert distinct_sizes(np.geomspace(1e7, 1e9, 10_000)) > 200
    assert distinct_sizes(np.array([])) == 0
