from __future__ import annotations

import numpy as np
import pytest

from assay.scaling.checks import ScalingWarning
from assay.scaling.data_constrained import PUBLISHED, DataConstrainedLaw


@pytest.mark.parametrize(
    ("params", "tokens", "unique", "loss"),
    [(6.34e9, 242e9, 25e9, 2.2256440889984477), (8.67e9, 178e9, 25e9, 2.2269634075087867)],
)
def test_the_papers_own_values(params, tokens, unique, loss):
    assert DataConstrainedLaw().predict(params, tokens, unique) == pytest.approx(loss, rel=1e-12)


def test_without_repeats_it_is_the_base_law():
    assert DataConstrainedLaw().predict(1e8, 2e9, 2e9) == pytest.approx(PUBLISHED.loss(1e8, 2e9), rel=1e-6)


def test_repeats_cost_more_and_more():
    law = DataConstrainedLaw()
    losses = [float(law.predict(2.8e9, 55e9, 55e9 / epochs)) for epochs in (1, 2, 4, 8)]
    assert np.all(np.diff(losses) > 0)
    assert losses[2] - losses[0] < 0.05


def test_many_epochs_are_warned_of():
    with pytest.warns(ScalingWarning, match="44 epochs"):
        DataConstrainedLaw().predict(2.8e9, 55e9, 1.25e9)


def test_its_repeats_are_recovered():
    true = DataConstrainedLaw(PUBLISHED, 8.0, 3.0)
    params = np.tile([1e9, 5e9, 2e10], 6)
    unique = np.repeat([5e9, 1e10, 2e10], 6)
    tokens = unique * np.tile([2.0, 4.0, 6.0, 8.0, 9.0, 10.0], 3)
    found = DataConstrainedLaw.fit(PUBLISHED, params, tokens, unique, true.predict(params, tokens, unique))
    assert (found.data_repeats, found.params_repeats) == pytest.approx((8.0, 3.0), rel=0.02)
