from __future__ import annotations

import numpy as np
import pytest

from assay.scaling.curves import BUDGETS, budgets


def curve(decay=True, steps=1000):
    """A loss of 2 + 40·tokens^-0.3, and 5 % lower after the decay of the last fifth."""
    tokens = 1000.0 * np.arange(1, steps + 1)
    start = int(0.8 * steps)
    rate = np.minimum(1, np.arange(1, steps + 1) / 20)
    loss = 2 + 40 * tokens**-0.3
    if decay:
        share = np.clip((np.arange(steps) - start) / (steps - start), 0, 1)
        rate, loss = rate * (1 - share), loss * (1 - 0.05 * np.minimum(share * 1.1, 1))
    else:
        rate = rate * (1 + np.cos(np.pi * np.arange(steps) / steps)) / 2
    return [
        {"tokens": float(t), "loss": float(y), "learning_rate": float(r)}
        for t, y, r in zip(tokens, loss, rate, strict=True)
    ]


def test_budgets_along_the_stable_phase_have_the_decayed_loss():
    found = budgets(curve())
    assert len(found) == BUDGETS
    tokens, losses = np.array(found).T
    assert np.all(np.diff(tokens) > 0)
    assert tokens[-1] <= 0.81e6
    assert losses == pytest.approx(0.95 * (2 + 40 * tokens**-0.3), rel=0.015)


def test_a_cosine_has_one_budget_only():
    assert budgets(curve(decay=False)) == []


def test_a_rate_that_never_decays_has_none():
    rows = [{"tokens": float(t), "loss": 3.0, "learning_rate": 1e-3} for t in range(1, 100)]
    assert budgets(rows) == []
    assert budgets([]) == []
