from __future__ import annotations

import numpy as np
import pytest

from assay.base.errors import InputError
from assay.scaling.mixing_law import MixingLaw, leave_one_out, redraw

LAW = MixingLaw(np.array([0.8, 1.1]), np.array([[-2.0, 0.3, 0.1], [0.4, -1.5, 0.2]]))
"""Each of the first two sources helps one domain; the third helps none."""
SHARES = np.random.default_rng(0).dirichlet(np.ones(3), 30)
ANY = np.ones(3)


def brute_force(law: MixingLaw) -> np.ndarray:
    steps = np.linspace(0, 1, 401)
    grid = np.array([(a, b, 1 - a - b) for a in steps for b in steps if a + b <= 1])
    return grid[law.predict(grid).mean(axis=1).argmin()]


def test_a_known_law_is_recovered():
    found = MixingLaw.fit(SHARES, LAW.predict(SHARES))
    assert found.offsets == pytest.approx(LAW.offsets, abs=1e-4)
    assert found.slopes == pytest.approx(LAW.slopes, abs=1e-3)


def test_the_optimum_is_that_of_a_search_of_all_mixes():
    assert LAW.best(ANY) == pytest.approx(brute_force(LAW), abs=0.003)


def test_the_optimum_is_recovered_from_noisy_runs():
    noise = np.random.default_rng(1).normal(0, 0.002, (30, 2))
    found = MixingLaw.fit(SHARES, LAW.predict(SHARES) + noise)
    assert found.best(ANY) == pytest.approx(LAW.best(ANY), abs=0.03)


def test_bounds_hold():
    shares = LAW.best(np.array([0.3, 1.0, 1.0]))
    assert shares[0] == pytest.approx(0.3, abs=1e-6)
    assert shares.sum() == pytest.approx(1)
    with pytest.raises(InputError, match="at most 60%"):
        LAW.best(np.full(3, 0.2))


def test_what_is_left_out_is_predicted():
    losses = LAW.predict(SHARES)
    assert leave_one_out(SHARES, losses) == pytest.approx(losses, abs=1e-3)


def test_draws_scatter_about_the_truth():
    losses = LAW.predict(SHARES) + np.random.default_rng(2).normal(0, 0.01, (30, 2))
    law = MixingLaw.fit(SHARES, losses)
    best = np.array([each.best(ANY) for each in redraw(law, SHARES, losses, 50, seed=0)])
    assert np.all(best.std(axis=0)[:2] > 0)
    assert np.all(np.abs(best.mean(axis=0) - LAW.best(ANY)) < 0.1)


def test_too_few_runs_are_refused():
    with pytest.raises(InputError, match="3 runs do not determine the 4 constants"):
        MixingLaw.fit(SHARES[:3], LAW.predict(SHARES[:3]))
