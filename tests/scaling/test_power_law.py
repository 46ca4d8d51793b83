from __future__ import annotations

import numpy as np
import pytest

from assay.base.errors import InputError
from assay.scaling.power_law import PowerLaw

FLOPS = np.geomspace(1e17, 1e21, 7)


@pytest.mark.parametrize("true", [PowerLaw(1.7, 300.0, 0.12), PowerLaw(0.0, 90.0, 0.08)])
def test_it_is_recovered(true):
    found = PowerLaw.fit(FLOPS, true.predict(FLOPS), irreducible=true.E > 0)
    assert found.predict(1e23) == pytest.approx(true.predict(1e23), rel=1e-4)
    assert found.eta == pytest.approx(true.eta, rel=1e-3)


def test_too_few_budgets():
    with pytest.raises(InputError, match="2 budgets are too few for a power law with 3 constants"):
        PowerLaw.fit([1e18, 1e19], [3.0, 2.8])
