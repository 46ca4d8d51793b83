from __future__ import annotations

import pytest

from assay.base.errors import InputError
from assay.scaling import LossLaw, compare
from assay.scaling.checks import ScalingWarning
from assay.scaling.fit import fit_runs
from assay.scaling.forms import Constants
from scaling.conftest import TRUE, ladder

TARGET = (3e9, 6e10)
BETTER = Constants(TRUE.E, 0.85 * TRUE.A, 0.85 * TRUE.B, TRUE.alpha, TRUE.beta)


def test_better_data_is_better_and_by_how_much_compute():
    found = compare(LossLaw.fit(*ladder(BETTER)), LossLaw.fit(*ladder()), TARGET)
    assert found.paired
    assert found.a_is_better > 0.99
    assert found.high < 0
    assert found.low < found.loss_a - found.loss_b < found.high
    needed = LossLaw.fit(*ladder()).flops_for(float(BETTER.loss(*TARGET)), 20)
    assert found.compute_multiplier == pytest.approx(needed / (6 * TARGET[0] * TARGET[1]), rel=0.1)
    assert found.compute_multiplier > 1.5


def test_the_other_way_round_is_the_opposite():
    a, b = LossLaw.fit(*ladder(BETTER)), LossLaw.fit(*ladder())
    one, other = compare(a, b, TARGET), compare(b, a, TARGET)
    assert one.a_is_better == pytest.approx(1 - other.a_is_better)
    assert other.compute_multiplier < 1


def test_the_same_data_is_no_difference():
    found = compare(LossLaw.fit(*ladder(noise=0.003, seed=1)), LossLaw.fit(*ladder(noise=0.003, seed=2)), TARGET)
    assert found.low < 0 < found.high
    assert 0.02 < found.a_is_better < 0.98


def test_pairing_makes_it_surer():
    """What a size has of its own is in both."""
    params, tokens, loss = ladder(noise=0.01)
    _, _, better = ladder(BETTER, noise=0.01)
    paired = compare(LossLaw.fit(params, tokens, better), LossLaw.fit(params, tokens, loss), TARGET)
    apart = compare(LossLaw.fit(params * 1.3, tokens * 1.3, better), LossLaw.fit(params, tokens, loss), TARGET)
    assert not apart.paired
    assert paired.high - paired.low < 0.7 * (apart.high - apart.low)


def test_an_unfair_loss_is_warned_of(published):
    fits = [fit_runs(published.of(name), "paloma_c4") for name in ("c4", "refinedweb")]
    with pytest.warns(ScalingWarning, match="ranks c4 first"):
        found = compare(*fits, (6.9e9, 1.38e11))
    assert found.paired  # over the models that both have
    assert "several losses" in found.warnings[0]


def test_two_losses_cannot_be_compared(published):
    one, other = fit_runs(published.of("c4"), "openlm"), fit_runs(published.of("redpajama"), "paloma_ptb")
    with pytest.raises(InputError, match="different losses"):
        compare(one, other, TARGET)
