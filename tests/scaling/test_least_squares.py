"""The paper's constants and errors, against those of its own program."""

from __future__ import annotations

import numpy as np
import pytest

from assay.scaling.fit import fit_runs
from assay.scaling.forms import Constants
from assay.scaling.least_squares import fit_free, fit_joint, fit_tied
from assay.scaling.power_law import PowerLaw
from scaling.conftest import TRUE, ladder

pytestmark = pytest.mark.filterwarnings("ignore::assay.scaling.checks.ScalingWarning")


def test_every_loss_has_the_published_constants_and_predictions(published, golden):
    checked = 0
    for train_set, losses in golden["loss_law"].items():
        for name, expected in losses.items():
            found = fit_runs(published.of(train_set), name, "avg17", "paper")
            law = found.law.overtraining
            assert pytest.approx(expected["E"], abs=1e-4) == law.E
            assert law.eta == pytest.approx(expected["eta"], abs=1e-5)
            assert (law.a, law.b) == pytest.approx((expected["a"], expected["b_paper"]), rel=5e-4)
            assert law.optimal_multiplier == pytest.approx(expected["M_star"], rel=1e-3)
            for each in [*found.seen(), *found.unseen()]:
                model = expected["models"][each.name]
                assert each.predicted_loss == pytest.approx(model["pred"], rel=1e-5)
                assert 100 * abs(each.predicted_loss / each.loss - 1) == pytest.approx(model["rel_err"], abs=0.002)
                checked += 1
    assert checked >= 8 * 34


def test_the_residual_is_no_larger_than_the_published_one(published, golden):
    for train_set, losses in golden["loss_law"].items():
        for name, expected in losses.items():
            law = fit_runs(published.of(train_set), name, None, "paper").law
            squares = float(((np.exp(law.residuals) - 1) ** 2 * np.array(law.loss) ** 2).sum())
            assert squares <= expected["sse_fit"] * (1 + 1e-8)


def test_the_exponent_along_each_multiplier(published, golden):
    for train_set, multipliers in golden["fig17_exponent_per_M"].items():
        runs = published.of(train_set)
        for multiplier, expected in multipliers.items():
            own = runs.where((np.round(runs.multipliers) == int(multiplier)) & (runs.params < 1e9))
            law = PowerLaw.fit(own.flops, own.loss("c4_eval"))
            assert (law.eta, law.E) == pytest.approx((expected["eta"], expected["E"]), rel=1e-3)
            assert law.scale == pytest.approx(expected["lam"], rel=1e-2)


def test_free_exponents_are_recovered():
    law = fit_free(*ladder())
    assert (law.E, law.alpha, law.beta) == pytest.approx((TRUE.E, TRUE.alpha, TRUE.beta), rel=1e-4)


def test_one_exponent_shared_by_two_training_sets():
    one, other = Constants(1.5, 300, 500, 0.25, 0.25), Constants(2.0, 200, 900, 0.25, 0.25)
    found = fit_joint({"one": ladder(one), "other": ladder(other)})
    assert found["one"].alpha == found["other"].alpha == pytest.approx(0.25, rel=1e-5)
    assert pytest.approx((1.5, 2.0), rel=1e-5) == (found["one"].E, found["other"].E)


def test_shared_exponents_lie_between_those_of_each():
    one, other = Constants(1.5, 300, 500, 0.2, 0.3), Constants(2.0, 200, 900, 0.3, 0.3)
    shared = fit_joint({"one": ladder(one), "other": ladder(other)}, tied=False)["one"]
    assert fit_free(*ladder(one)).alpha < shared.alpha < fit_free(*ladder(other)).alpha


def test_least_squares_is_the_least():
    params, tokens, loss = ladder(noise=0.01)
    law = fit_tied(params, tokens, loss)

    def squares(constants):
        return float(((constants.loss(params, tokens) - loss) ** 2).sum())

    for factor in (0.999, 1.001):
        for name in ("E", "A", "B"):
            changed = {**vars(law), name: factor * getattr(law, name)}
            assert squares(Constants(**changed)) > squares(law)
