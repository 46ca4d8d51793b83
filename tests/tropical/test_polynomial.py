"""The algebra of max-plus polynomials, and their hulls."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.tropical.polynomial import Polynomial
from tropical.plain import height, many, pairs, points, polynomial, same_terms


def test_essential_terms_and_values_of_the_goldens(golden):
    for case in golden["division"]:
        p = polynomial(case["dividend"], case["dim"])
        assert same_terms(p.essential(), case["dividend_essential"]), case["name"]
        np.testing.assert_allclose(p(case["eval_points"]), case["p_at"], atol=1e-6)
        np.testing.assert_allclose(polynomial(case["divisor"], case["dim"])(case["eval_points"]), case["d_at"])


@many
@given(pairs())
def test_sum_is_the_maximum_and_product_the_sum(pair):
    p, q = pair
    x = points(p.variables)
    np.testing.assert_allclose((p + q)(x), np.maximum(p(x), q(x)))
    np.testing.assert_allclose((p * q)(x), p(x) + q(x), atol=1e-9)
    assert p + q == q + p
    assert p * q == q * p


@many
@given(pairs())
def test_zero_and_one(pair):
    p, _ = pair
    zero, one = Polynomial.zero(p.variables), Polynomial.one(p.variables)
    assert p + zero == p == p * one
    assert p * zero == zero
    assert (zero(points(p.variables)) == -np.inf).all()
    assert not (p <= zero)
    assert zero <= p


@many
@given(pairs())
def test_essential_terms_are_those_above_the_hull_of_the_others(pair):
    p = pair[0] * pair[1]
    essential = p.essential()
    assert essential == p
    np.testing.assert_allclose(essential(points(p.variables)), p(points(p.variables)))
    for i in range(len(essential)):
        others = np.arange(len(essential)) != i
        rest = Polynomial(essential.slopes[others], essential.offsets[others])
        assert not len(rest) or height(rest, essential.slopes[i]) < essential.offsets[i] - 1e-9


@many
@given(pairs())
def test_heights_are_those_of_linear_programs(pair):
    p, q = pair
    middle = p.slopes.mean(axis=0)
    slopes = np.vstack([q.slopes, p.slopes, [middle], (p.slopes + middle) / 2])
    expected = [height(p, slope) for slope in slopes]
    np.testing.assert_allclose(p.hull.heights(slopes), expected, atol=1e-7)


@many
@given(st.integers(0, 2**32))
def test_linear_programs_take_over_in_many_dimensions(seed):
    rng = np.random.default_rng(seed)
    slopes = rng.normal(size=(12, 7))
    p = Polynomial(slopes, -(slopes**2).sum(axis=1))  # on a dome: all are corners
    between = Polynomial(p.slopes[:2].mean(axis=0)[None], [p.offsets[:2].mean() - 0.1])
    assert (p + between).essential() == p
    assert len((p + between).essential()) == len(p.essential()) == 12


def test_equality_is_of_functions():
    assert polynomial([[0, 0], [1, -5], [2, 0]], 1) == polynomial([[0, 0], [2, 0]], 1)
    assert polynomial([[0, 0], [1, 0.01], [2, 0]], 1) != polynomial([[0, 0], [2, 0]], 1)
    assert polynomial([[0, 0]], 1) != "0"


def test_newton_polytope_has_the_corners_only():
    p = polynomial([[0, 0, 1], [2, 0, 1], [0, 2, 1], [2, 2, 1], [1, 1, 9], [1, 0, 5]], 2)
    assert p.newton_polytope().tolist() == [[0, 0], [0, 2], [2, 0], [2, 2]]


def test_of_terms_with_one_slope_the_highest_is_kept():
    p = Polynomial([1.0, 0.0, 1.0 + 1e-12, 2.0], [3.0, 0.0, 4.0, -np.inf])
    assert repr(p) == "max(0, x + 4)"


def test_repr_is_for_reading():
    assert repr(polynomial([[3, -1, 0.5]], 2)) == "3x - y + 0.5"
    assert repr(polynomial([[0, 0, 0]], 2)) == "0"
    assert repr(Polynomial.zero(3)) == "-inf"
    assert repr(Polynomial(np.eye(4)[:1], [0.0])) == "x1"
    assert repr(Polynomial(np.arange(100), np.zeros(100))).endswith("11x, and 88 more terms)")


def test_a_product_too_large_is_refused():
    p = Polynomial(np.arange(3000), np.zeros(3000))
    with pytest.raises(InputError, match="3,000 by 3,000 terms"):
        _ = p * p


@pytest.mark.parametrize(
    ("slopes", "offsets", "message"),
    [
        ([[1.0, 2.0]], [1.0, 2.0], "slopes of shape"),
        ([[[1.0]]], [1.0], "slopes of shape"),
        ([[np.nan]], [1.0], "a slope is not"),
        ([[np.inf]], [1.0], "a slope is not"),
        ([[1.0]], [np.nan], "an offset is NaN"),
        ([[1.0]], [np.inf], "an offset is NaN"),
    ],
)
def test_bad_terms_are_refused(slopes, offsets, message):
    with pytest.raises(InputError, match=message):
        Polynomial(slopes, offsets)


def test_different_variables_are_refused():
    p, q = Polynomial.one(1), Polynomial.one(2)
    for operation in (lambda: p + q, lambda: p * q, lambda: p == q, lambda: p <= q):
        with pytest.raises(InputError, match="1 variables, the other of 2"):
            operation()
    with pytest.raises(InputError, match="points of shape"):
        q([1.0, 2.0])
