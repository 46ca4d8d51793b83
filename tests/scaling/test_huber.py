from __future__ import annotations

import numpy as np
import pytest

from assay.scaling.huber import fit_huber
from assay.scaling.read import read_runs
from scaling.conftest import TRUE, ladder


def test_the_chinchilla_replication(shared_data):
    """Besiroglu et al. (arXiv 2404.10102): objective, E and exponents; A and B are not identified to more than this."""
    runs = read_runs(shared_data / "scaling_ext" / "chinchilla_245.csv")
    kept = runs.where(np.sort(np.argsort(runs.loss("loss"))[:-5]))
    law, objective = fit_huber(kept.params, kept.tokens, kept.loss("loss"))
    assert objective <= 0.0010183
    assert (law.alpha, law.beta) == pytest.approx((0.3473, 0.3672), abs=1e-3)
    assert pytest.approx(1.8172, abs=1e-3) == law.E


def test_an_outlier_does_not_steer():
    params, tokens, loss = ladder()
    loss[3] *= 1.3
    law, _ = fit_huber(params, tokens, loss)
    assert (law.E, law.alpha, law.beta) == pytest.approx((TRUE.E, TRUE.alpha, TRUE.beta), rel=5e-3)
