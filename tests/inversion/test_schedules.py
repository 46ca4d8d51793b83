from __future__ import annotations

import pytest

from assay.inversion.schedules import curriculum, paper_rate


def test_schedules_are_the_goldens(goldens):
    assert [curriculum(0.9, e) for e in range(25)] == pytest.approx(
        list(goldens["convnoise_0.9_epochs0_24"]), abs=1e-12
    )
    rates = list(goldens["lr_cos_T123_lr3e-4_epochs0_24"])
    assert [paper_rate(e) for e in range(25)] == pytest.approx(rates, abs=1e-12)
