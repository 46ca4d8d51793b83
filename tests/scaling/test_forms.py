from __future__ import annotations

import numpy as np
import pytest

from assay.scaling.forms import Constants, Overtraining

C4 = Constants(E=1.508260533, A=113.6926015, B=152.5122533, alpha=0.2424722381, beta=0.2424722381)


def test_the_papers_constants_of_the_repositorys():
    law = Overtraining.of(C4)
    assert (law.a, law.b, law.eta) == pytest.approx((141.277253, 189.5155174, 0.121236119), rel=1e-8)
    assert law.optimal_multiplier == pytest.approx(3.35840089, rel=1e-7)
    assert law.repository == pytest.approx({"alpha": C4.A, "beta": 189.5155174, "b": -C4.alpha, "E": C4.E}, rel=1e-8)


def test_all_parameterisations_give_one_loss():
    params, tokens = np.array([1.4e9, 6.9e9]), np.array([9e11, 1.4e11])
    law, repo = Overtraining.of(C4), Overtraining.of(C4).repository
    multiplier = tokens / params
    written = (
        repo["alpha"] * params ** repo["b"]
        + repo["beta"] * 6 ** (repo["b"] / 2) * (multiplier * params) ** repo["b"]
        + repo["E"]
    )
    assert law.loss(6 * params * tokens, multiplier) == pytest.approx(C4.loss(params, tokens))
    assert written == pytest.approx(C4.loss(params, tokens))
    assert law.constants().loss(params, tokens) == pytest.approx(C4.loss(params, tokens))


@pytest.mark.parametrize("law", [C4, Constants(1.8, 480.0, 2100.0, 0.348, 0.366)])
def test_no_other_multiplier_is_better_than_the_optimal_one(law):
    flops = 1e21
    best = law.optimal_multiplier(flops)

    def loss(multiplier):
        params = np.sqrt(flops / 6 / multiplier)
        return law.loss(params, multiplier * params)

    assert loss(best) < min(loss(0.98 * best), loss(1.02 * best))
