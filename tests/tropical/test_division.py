"""Division: the guarantees, the goldens, and the cases that are degenerate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.tropical.division import divide, divide_composite
from assay.tropical.polynomial import Polynomial
from tropical.plain import height, many, pairs, points, polynomial, polynomials, same_terms

MODES = ("real", "lattice")

# Worked by hand from the closed form: dividend, divisor, and by mode quotient and remainder.
IN_THE_PLANE = {
    "quadric by line": (
        [[0, 0, 0], [2, 0, 0], [0, 2, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]],
        [[0, 0, 0], [1, 0, 0], [0, 1, 0]],
        [[0, 0, 0], [0, .5, .5], [.5, 0, .5], [.5, .5, .5], [1 / 3, 1 / 3, 2 / 3], [1, 0, 0], [0, 1, 0]],
        [[0, 0, 0], [1, 0, 0], [0, 1, 0]],
        [[1, 0, 1], [0, 1, 1], [1, 1, 1]],
    ),
    "simplex by segment": (
        [[0, 0, 0], [3, 0, 0], [0, 3, 0], [1, 1, 2]],
        [[0, 0, 0], [1, 1, 0]],
        [[0, 0, 0], [1, 0, 0], [0, 1, 0], [1 / 3, 1 / 3, 2 / 3]],
        [[0, 0, 0], [1, 0, 0], [0, 1, 0]],
        [[3, 0, 0], [0, 3, 0], [1, 1, 2]],
    ),
}  # fmt: skip


def test_goldens(golden):
    for case in golden["division"]:
        dividend, divisor = (polynomial(case[key], case["dim"]) for key in ("dividend", "divisor"))
        for mode in MODES:
            divided = divide(dividend, divisor, mode)
            assert same_terms(divided.quotient, case[f"quotient_{mode}"]), (case["name"], mode)
            assert same_terms(divided.remainder, case[f"remainder_{mode}"]), (case["name"], mode)
            if case.get(f"q_{mode}_at"):
                values = divided.quotient(case["eval_points"])
                np.testing.assert_allclose(values, np.array(case[f"q_{mode}_at"], dtype=float), atol=1e-6)


@pytest.mark.parametrize("name", IN_THE_PLANE)
def test_worked_examples_in_the_plane(name):
    dividend, divisor, real, lattice, remainder = IN_THE_PLANE[name]
    for mode, quotient in (("real", real), ("lattice", lattice)):
        divided = divide(polynomial(dividend, 2), polynomial(divisor, 2), mode)
        assert same_terms(divided.quotient, quotient)
        assert same_terms(divided.remainder, remainder)


@pytest.mark.parametrize("mode", MODES)
@many
@given(pair=pairs())
def test_quotient_fits_and_remainder_restores(mode, pair):
    p, d = pair
    divided = divide(p, d, mode)
    below = divided.quotient * d
    assert below <= p
    assert below + divided.remainder == p
    x = points(p.variables)
    scale = 1 + np.abs(p(x)) + np.abs(x).max(axis=1)
    assert (below(x) <= p(x) + 1e-9 * scale).all()
    assert (np.abs((below + divided.remainder)(x) - p(x)) <= 1e-9 * scale).all()


@pytest.mark.parametrize("mode", MODES)
@many
@given(pair=pairs())
def test_quotient_is_the_largest(mode, pair):
    """Raised anywhere it is too large: its offset at a slope is the closed form, and no slope has been forgotten."""
    p, d = pair
    quotient = divide(p, d, mode).quotient

    def lift(slope: np.ndarray) -> float:
        return min(height(p, slope + step) - offset for step, offset in zip(d.slopes, d.offsets, strict=True))

    for slope, offset in zip(quotient.slopes, quotient.offsets, strict=True):
        assert offset == pytest.approx(lift(slope), abs=1e-6)
    rng = np.random.default_rng(0)
    other = p.slopes[rng.integers(len(p), size=10)] - d.slopes[rng.integers(len(d), size=10)]
    mixed = rng.dirichlet(np.ones(len(p)), size=10) @ p.slopes - d.slopes.mean(axis=0)
    tried = np.vstack([other, mixed]) if mode == "real" else np.rint(np.vstack([other, mixed]))
    for slope in tried:
        assert (height(quotient, slope) if len(quotient) else -np.inf) >= lift(slope) - 1e-6


@pytest.mark.parametrize("mode", MODES)
@many
@given(pair=pairs())
def test_remainder_is_the_smallest(mode, pair):
    p, d = pair
    divided = divide(p, d, mode)
    remainder = divided.remainder
    for i in range(len(remainder)):
        others = np.arange(len(remainder)) != i
        rest = Polynomial(remainder.slopes[others], remainder.offsets[others])
        assert divided.quotient * d + rest != p


@many
@given(pair=pairs())
def test_a_product_divides_by_its_factors(pair):
    factor, d = pair
    divided = divide(factor * d, d)
    assert divided.quotient == factor
    assert divided.remainder == Polynomial.zero(d.variables)


@many
@given(pair=pairs(most_variables=3))
def test_a_product_of_integer_exponents_divides_in_the_lattice(pair):
    factor, d = pair
    factor, d = (Polynomial(np.rint(p.slopes), p.offsets) for p in (factor, d))
    divided = divide(factor * d, d, "lattice")
    assert divided.quotient == factor
    assert not len(divided.remainder)


@many
@given(pair=pairs())
def test_real_quotients_are_at_least_those_of_the_lattice(pair):
    p, d = pair
    assert divide(p, d, "lattice").quotient <= divide(p, d).quotient


@many
@given(pair=pairs(), seed=st.integers(0, 2**32))
def test_monomials_move_as_they_should(pair, seed):
    p, d = pair
    rng = np.random.default_rng(seed)
    monomial = Polynomial(rng.normal(size=(1, p.variables)), rng.normal(size=1))
    quotient = divide(p, d).quotient
    assert divide(p * monomial, d * monomial).quotient == quotient
    assert divide(p * monomial, d).quotient == quotient * monomial
    assert not len(divide(p, monomial).remainder)


@many
@given(data=st.data(), variables=st.integers(1, 3))
def test_several_divisors(data, variables):
    p, *divisors = (data.draw(polynomials(variables, most)) for most in (9, 3, 3))
    divided = divide_composite(p, divisors)
    below = [q * d for q, d in zip(divided.quotients, divisors, strict=True)]
    assert [divide(p, d).quotient for d in divisors] == list(divided.quotients)
    assert below[0] + below[1] + divided.remainder == p
    assert len(divided.remainder) <= min(len(divide(p, d).remainder) for d in divisors)


def test_where_the_divisor_does_not_fit_the_quotient_is_zero():
    p = polynomial([[0, 0], [1, 2]], 1)
    divided = divide(p, polynomial([[0, 0], [2, 0]], 1))
    assert repr(divided.quotient) == "-inf"
    assert divided.remainder == p


def test_flat_dividends():
    line = polynomial([[0, 0, 0], [1, 1, 2], [3, 3, 1]], 2)
    assert divide(line * line, line).quotient == line
    assert divide(line, polynomial([[0, 0, 0], [1, 0, 0]], 2)).quotient == Polynomial.zero(2)
    one = Polynomial([[2.0, 5.0]], [3.0])
    assert repr(divide(one, Polynomial([[1.0, 1.0]], [1.0])).quotient) == "x + 4y + 2"


def test_a_quotient_of_lower_dimension_than_the_dividend():
    """The divisor fits only along a segment."""
    square = polynomial([[0, 0, 0], [2, 0, 1], [0, 1, 1], [2, 1, 0]], 2)
    side = polynomial([[0, 0, 0], [0, 1, 0]], 2)
    quotient = divide(square, side).quotient
    assert (quotient.slopes[:, 1] == 0).all()
    assert quotient * side <= square
    assert np.ptp(quotient.slopes[:, 0]) == 2


def test_dividing_zero_gives_zero():
    zero = Polynomial.zero(2)
    divided = divide(zero, Polynomial.one(2))
    assert divided.quotient == divided.remainder == zero


def test_what_cannot_be_divided():
    p = Polynomial.one(2)
    with pytest.raises(InputError, match="zero polynomial"):
        divide(p, Polynomial.zero(2))
    with pytest.raises(InputError, match="2 variables, a divisor of 1"):
        divide(p, Polynomial.one(1))
    with pytest.raises(InputError, match="unknown mode"):
        divide(p, p, "integer")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no divisor"):
        divide_composite(p, [])


def test_limits_are_stated():
    wide = Polynomial([[0, 0], [2000, 0], [0, 2000]], [0, 0, 0])
    with pytest.raises(InputError, match="integer slopes; at most 1,000,000"):
        divide(wide, Polynomial.one(2), "lattice")
    dome = np.random.default_rng(0).normal(size=(120, 4))
    with pytest.raises(InputError, match="facets"):
        divide(Polynomial(dome, -(dome**2).sum(axis=1)), Polynomial.one(4))
    with pytest.raises(InputError, match="span 6 dimensions"):
        divide(Polynomial(np.vstack([np.zeros(6), np.eye(6)]), np.zeros(7)), Polynomial.one(6))
