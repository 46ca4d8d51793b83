from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.scaling.projection import project, solve


@given(st.integers(0, 10_000), st.integers(1, 2))
def test_solving_is_least_squares(seed, curves):
    generator = np.random.default_rng(seed)
    basis, y = generator.normal(size=(3, curves, 9)), generator.normal(size=9)
    residuals, weights, offsets = solve(basis, y)
    for row in range(3):
        design = np.stack([*basis[row], np.ones(9)], axis=1)
        expected, (residual,), *_ = np.linalg.lstsq(design, y, rcond=None)
        assert [*weights[row], offsets[row]] == pytest.approx(expected, rel=1e-6, abs=1e-9)
        assert residuals[row] == pytest.approx(residual, rel=1e-6)


def test_two_equal_curves_share_their_weight():
    curve = np.arange(5.0)
    residuals, weights, _ = solve(np.stack([curve, curve])[None], 3 * curve + 1)
    assert weights[0] == pytest.approx([1.5, 1.5])
    assert residuals[0] == pytest.approx(0, abs=1e-12)


@given(st.floats(0.05, 2.0))
def test_the_exponent_of_a_curve_is_found(exponent):
    x = np.linspace(0, 3, 12)
    found = project(lambda e: np.exp(-e[:, :, None] * x), 2 + 5 * np.exp(-exponent * x), (0.01, 3.0))
    assert found.exponents[0] == pytest.approx(exponent, rel=1e-4)
    assert not found.at_end


def test_an_exponent_at_the_end_is_told():
    x = np.linspace(0, 3, 12)
    assert project(lambda e: np.exp(-e[:, :, None] * x), -x, (0.01, 3.0)).at_end
