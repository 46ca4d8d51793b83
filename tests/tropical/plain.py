"""Max-plus polynomials in the plainest way, and strategies: what the room is held to."""

from __future__ import annotations

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from assay.tropical.polynomial import Polynomial

many = settings(max_examples=30, deadline=None)


def polynomial(terms: list[list[float]], variables: int) -> Polynomial:
    """Of terms [exponents…, coefficient]."""
    table = np.array(terms, dtype=float).reshape(-1, variables + 1)
    return Polynomial(table[:, :-1], table[:, -1])


def terms(p: Polynomial) -> list[list[float]]:
    """Sorted terms [exponents…, coefficient]."""
    return sorted(np.column_stack([p.slopes, p.offsets]).tolist())


def same_terms(p: Polynomial, wanted: list[list[float]], tolerance: float = 1e-6) -> bool:
    """Whether the terms are those wanted, in any order."""
    found = np.column_stack([p.slopes, p.offsets])
    if len(found) != len(wanted):
        return False
    return all(np.abs(found - term).max(axis=1).min() <= tolerance for term in wanted)


def height(p: Polynomial, slope: np.ndarray) -> float:
    """The upper hull, from its definition."""
    constraints = np.vstack([p.slopes.T, np.ones(len(p))])
    solved = linprog(-p.offsets, A_eq=constraints, b_eq=[*slope, 1.0])
    return -solved.fun if solved.status == 0 else -np.inf


def points(variables: int, seed: int = 0, count: int = 300) -> np.ndarray:
    """Random points near zero and far away."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, variables)) * rng.choice([0.1, 1.0, 10.0, 100.0], size=(count, 1))


@st.composite
def polynomials(draw: st.DrawFn, variables: int, most: int = 7, integer: bool = True) -> Polynomial:
    """Small ones; integers are often coincident, collinear or flat."""
    count = draw(st.integers(1, most))
    if integer:
        rows = st.lists(st.integers(-3, 3), min_size=variables + 1, max_size=variables + 1)
        table = np.array([draw(rows) for _ in range(count)], dtype=float)
    else:
        rng = np.random.default_rng(draw(st.integers(0, 2**32)))
        table = rng.normal(size=(count, variables + 1)) * rng.choice([1.0, 3.0], size=variables + 1)
    return Polynomial(table[:, :-1], table[:, -1])


@st.composite
def pairs(draw: st.DrawFn, most_variables: int = 4) -> tuple[Polynomial, Polynomial]:
    """Two polynomials of the same number of variables; the second has fewer terms."""
    dimensions = draw(st.integers(1, most_variables))
    integer = draw(st.booleans())
    most = {1: 9, 2: 9, 3: 7, 4: 7}[dimensions]
    return draw(polynomials(dimensions, most, integer)), draw(polynomials(dimensions, 3, integer))
