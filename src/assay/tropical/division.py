"""Division of max-plus polynomials: p = max(q + d, r) with q as large and r as small as can be.

Smyrnis and Maragos (2019) define it for integer exponents (``lattice``), Kordonis, Theodosis, Smyrnis and Maragos
(arXiv 2306.15157) for real ones. Closed form: q's offset at a slope c is l(c), how far d, shifted by c, can be raised
until it touches the upper hull of p. With real slopes, the points below l are a polytope, and q's terms its corners.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np

from assay.base.errors import InputError
from assay.tropical.arrays import largest, snap
from assay.tropical.halfspaces import corners, find_inside
from assay.tropical.hull import MOST_DIMENSIONS, FacetHull
from assay.tropical.polynomial import SAME_HEIGHT, Polynomial

Mode = Literal["real", "lattice"]
MOST_SHIFTS = 1_000_000
"""Lattice division looks at every integer slope of the box that can hold the quotient; at most so many."""
MOST_FACETS = {3: 20_000, 4: 1_000, 5: 500}
"""Dimensions → facets of the dividend up to which real division is tried.

Quotients have tens of thousands of terms there (seconds), and Qhull begins to fail on what nearly meets in one point.
"""
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Division:
    """max(quotient + divisor, remainder) is the dividend, as a function.

    The quotient is the largest polynomial with quotient + divisor ≤ dividend everywhere; it is −inf where the divisor's
    Newton polytope does not fit into the dividend's. The remainder holds the fewest terms of the dividend that restore
    it. Both are unique.
    """

    quotient: Polynomial
    remainder: Polynomial


@dataclass(frozen=True)
class CompositeDivision:
    """max(quotients[0] + divisors[0], …, remainder) is the dividend; each quotient is the largest for its divisor."""

    quotients: tuple[Polynomial, ...]
    remainder: Polynomial


def divide(dividend: Polynomial, divisor: Polynomial, mode: Mode = "real") -> Division:
    """Divide; with ``mode="lattice"`` the quotient's slopes are integers.

    InputError where the divisor is the zero polynomial, the polynomials are of different variables, or a limit is met:
    real division is for slopes that span up to five dimensions, lattice division for MOST_SHIFTS integer slopes.
    """
    divided = divide_composite(dividend, [divisor], mode)
    return Division(divided.quotients[0], divided.remainder)


def divide_composite(dividend: Polynomial, divisors: Sequence[Polynomial], mode: Mode = "real") -> CompositeDivision:
    """Divide by several divisors at once: the quotients do not depend on each other, the remainder is what none covers.

    InputError as for ``divide``, or where there is no divisor.
    """
    if not divisors:
        raise InputError("division by no divisor")
    dividend = dividend.essential()
    shorter = [_checked_divisor(dividend, divisor) for divisor in divisors]
    quotients = tuple(_quotient(dividend, divisor, mode) for divisor in shorter)
    left = ~np.any([_covered(dividend, divisor, mode) for divisor in shorter], axis=0)
    return CompositeDivision(quotients, Polynomial(dividend.slopes[left], dividend.offsets[left]))


def _checked_divisor(dividend: Polynomial, divisor: Polynomial) -> Polynomial:
    if dividend.variables != divisor.variables:
        raise InputError(f"a dividend of {dividend.variables} variables, a divisor of {divisor.variables}")
    if not len(divisor):
        raise InputError("division by the zero polynomial, -inf", hint="a divisor needs at least one term")
    return divisor.essential()


def _quotient(dividend: Polynomial, divisor: Polynomial, mode: Mode) -> Polynomial:
    if mode not in ("real", "lattice"):
        raise InputError(f"unknown mode of division {mode!r}", hint='"real" or "lattice"')
    if not len(dividend):
        return dividend
    slopes = _real_slopes(dividend, divisor) if mode == "real" else _lattice_slopes(dividend, divisor)
    lift = _lift(dividend, divisor, slopes)
    fits = lift > -np.inf
    quotient = Polynomial(_rounded(slopes[fits]), _rounded(lift[fits]))
    return quotient.essential() if mode == "lattice" else quotient  # real slopes are those of corners


def _covered(dividend: Polynomial, divisor: Polynomial, mode: Mode) -> np.ndarray:
    """Which of the dividend's essential terms quotient + divisor reaches.

    A term is a corner of all that is below the dividend; so where it is a sum of a point below the quotient and one
    below the divisor, the latter is a term of the divisor, and with integer slopes the former a term of the quotient.
    """
    covered = np.zeros(len(dividend), dtype=bool)
    tolerance = SAME_HEIGHT * max(1.0, np.abs(dividend.offsets).max(initial=0.0), np.abs(divisor.offsets).max())
    for slope, offset in zip(divisor.slopes, divisor.offsets, strict=True):
        shifts = dividend.slopes - slope
        if mode == "lattice":
            whole = (np.abs(shifts - np.rint(shifts)) <= _TOLERANCE).all(axis=1)
        else:
            whole = np.ones(len(shifts), dtype=bool)
        covered |= whole & (_lift(dividend, divisor, shifts) + offset >= dividend.offsets - tolerance)
    return covered


def _rounded(numbers: np.ndarray) -> np.ndarray:
    """Without what is left by rounding beside integers and short decimals."""
    near = np.round(numbers, 6)
    return np.where(np.abs(numbers - near) <= 1e-13 * np.maximum(1.0, np.abs(near)), near, numbers)


def _lift(dividend: Polynomial, divisor: Polynomial, slopes: np.ndarray) -> np.ndarray:
    """The offset l at the slopes: the least over the divisor's terms of h(slope + its slope) − its offset."""
    lift = np.full(len(slopes), np.inf)
    for slope, offset in zip(divisor.slopes, divisor.offsets, strict=True):
        possible = lift > -np.inf
        lift[possible] = np.minimum(lift[possible], dividend.hull.heights(slopes[possible] + slope) - offset)
    return lift


def _lattice_slopes(dividend: Polynomial, divisor: Polynomial) -> np.ndarray:
    """The integer slopes of the box that holds all shifts of the divisor's exponents into the dividend's."""
    low = np.ceil(dividend.slopes.min(axis=0) - divisor.slopes.min(axis=0) - _TOLERANCE)
    high = np.floor(dividend.slopes.max(axis=0) - divisor.slopes.max(axis=0) + _TOLERANCE)
    sides = np.maximum(high - low + 1, 0)
    if sides.prod() > MOST_SHIFTS:
        raise InputError(
            f"the quotient can have {sides.prod():,.0f} integer slopes; at most {MOST_SHIFTS:,} are tried",
            hint='use mode="real", or scale the exponents down',
        )
    axes = [np.arange(start, end + 1) for start, end in zip(low, high, strict=True)]
    return np.array(list(product(*axes)), dtype=float).reshape(-1, dividend.variables)


def _real_slopes(dividend: Polynomial, divisor: Polynomial) -> np.ndarray:
    """The slopes of the corners of the points below l."""
    hull = dividend.hull
    if not isinstance(hull, FacetHull):
        raise InputError(
            f"real division of a dividend whose slopes span {hull.frame.dimensions} dimensions",
            hint=f'at most {MOST_DIMENSIONS}; use mode="lattice"',
        )
    _check_facets(hull)
    frame = hull.frame
    steps = divisor.slopes - divisor.slopes[0]
    if not frame.holds(steps).all():
        return np.zeros((0, dividend.variables))
    steps = steps @ frame.basis
    shifts = _corners_below(
        hull.walls,
        hull.bounds - largest(hull.walls, steps, np.zeros(len(steps))),
        hull.duals,
        hull.values - largest(hull.duals, steps, divisor.offsets),
    )
    return frame.origin - divisor.slopes[0] + shifts @ frame.basis.T


def _check_facets(hull: FacetHull) -> None:
    most = MOST_FACETS.get(hull.frame.dimensions, len(hull.duals))
    if len(hull.duals) > most:
        raise InputError(
            f"real division of a dividend whose upper hull has {len(hull.duals):,} facets",
            hint=f'at most {most:,} in {hull.frame.dimensions} dimensions; use mode="lattice"',
        )


def _corners_below(walls: np.ndarray, bounds: np.ndarray, duals: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The c of the corners of {(c, t) : walls·c ≤ bounds, t ≤ values − duals·c}; shape (corners, dimensions)."""
    size = max(1.0, np.abs(bounds).max(initial=0.0))
    inside = find_inside(walls, bounds, _TOLERANCE * size)
    if inside is None:
        return np.zeros((0, walls.shape[1]))
    flat = inside.basis.shape[1]
    if flat == 0:
        return inside.point[None]
    walls, bounds = walls @ inside.basis, bounds - walls @ inside.point
    duals, values = duals @ inside.basis, values - duals @ inside.point
    # Only the bends of l matter: take away a plane, and scale it to the size of the slopes.
    middle = duals.mean(axis=0)
    bends = max(np.ptp(values), np.abs(duals - middle).max() * size) or 1.0
    duals, values = (duals - middle) * (size / bends), (values - values.mean()) * (size / bends)
    ends = corners(walls, bounds, np.zeros(flat))
    lowest = -largest(ends, duals, -values).max()
    return inside.point + _upper_corners(walls, bounds, duals, values, lowest - size) @ inside.basis.T


def _upper_corners(
    walls: np.ndarray, bounds: np.ndarray, duals: np.ndarray, values: np.ndarray, floor: float
) -> np.ndarray:
    """Corners above a floor that is below all of l; the origin is within the walls."""
    flat = walls.shape[1]
    normals = np.vstack(
        [
            np.column_stack([walls, np.zeros(len(walls))]),
            np.column_stack([duals, np.ones(len(duals))]),
            np.append(np.zeros(flat), -1.0),
        ]
    )
    middle = np.append(np.zeros(flat), (values.min() + floor) / 2)
    found = corners(normals, np.concatenate([bounds, values, [-floor]]), middle)
    span = max(1.0, np.abs(bounds).max())
    found = found[found[:, -1] > floor + span / 4]
    found = found[np.unique(snap(found[:, :-1], _TOLERANCE * span), axis=0, return_index=True)[1]]
    return found[_are_corners(found, normals[:-1], np.concatenate([bounds, values]), span), :-1]


def _are_corners(points: np.ndarray, normals: np.ndarray, bounds: np.ndarray, size: float) -> np.ndarray:
    """Whether the half-spaces that touch each point hold it fast; Qhull also finds points on nearly flat edges."""
    lengths = np.linalg.norm(normals, axis=1)
    crossing = lengths > 1e-12 * lengths.max()
    normals, bounds = normals[crossing] / lengths[crossing, None], bounds[crossing] / lengths[crossing]
    touched = bounds - points @ normals.T <= 10 * _TOLERANCE * size
    return np.array([np.linalg.matrix_rank(normals[own], tol=_TOLERANCE) == normals.shape[1] for own in touched], bool)
