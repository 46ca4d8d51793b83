"""Max-plus (tropical) polynomials: the maximum of affine functions, with the maximum as sum and the sum as product.

Two polynomials are the same function when their upper hulls are equal: the upper hull h(u) is the upper boundary of the
convex hull of the points (slope, offset) in the space of slopes and offsets. Only the corners of it, the essential
terms, matter to the function (Maclagan and Sturmfels, Introduction to Tropical Geometry, section 3.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from assay.base.errors import InputError
from assay.tropical.arrays import largest, snap
from assay.tropical.hull import Hull, upper_hull

SAME_SLOPE = 1e-10
"""Slopes closer than this, relative to the largest, are one slope."""
SAME_HEIGHT = 1e-8
"""Offsets closer than this, relative to the largest (but at least 1), are equal."""
MOST_TERMS = 5_000_000
"""A product with more terms than this is refused: 40 MB a variable."""
_SHOWN = 12


@dataclass(frozen=True, eq=False, repr=False)
class Polynomial:
    """p(x) = the largest over terms i of slopes[i]·x + offsets[i]; without terms it is −inf, the zero of the algebra.

    Slopes are the exponents; they may be real. Terms are kept in the order of their slopes; of terms with one slope,
    the highest is kept, and terms of offset −inf are left out. InputError for other shapes, NaN, or infinite numbers.
    """

    slopes: np.ndarray
    """float64, shape (terms, variables); shape (terms,) is read as of one variable."""
    offsets: np.ndarray
    """float64, shape (terms,)."""

    def __post_init__(self):
        slopes, offsets = _checked_terms(self.slopes, self.offsets)
        slopes, offsets = _one_term_a_slope(slopes, offsets)
        slopes.flags.writeable = offsets.flags.writeable = False
        object.__setattr__(self, "slopes", slopes)
        object.__setattr__(self, "offsets", offsets)

    @classmethod
    def zero(cls, variables: int) -> Polynomial:
        """−inf everywhere: adding it (maximum) changes nothing."""
        return cls(np.zeros((0, variables)), np.zeros(0))

    @classmethod
    def one(cls, variables: int) -> Polynomial:
        """0 everywhere: multiplying by it (sum) changes nothing."""
        return cls(np.zeros((1, variables)), np.zeros(1))

    @property
    def variables(self) -> int:
        """How many numbers a point has."""
        return self.slopes.shape[1]

    def __len__(self) -> int:
        """How many terms it has."""
        return len(self.offsets)

    def __call__(self, points: ArrayLike) -> np.ndarray:
        """Its values, shape (points,), at points of shape (points, variables); of one variable also (points,)."""
        points = np.asarray(points, dtype=float)
        if points.ndim == 1 and self.variables == 1:
            points = points[:, None]
        if points.ndim != 2 or points.shape[1] != self.variables:
            raise InputError(
                f"points of shape {points.shape} for a polynomial of {self.variables} variables",
                hint=f"the shape must be (points, {self.variables})",
            )
        return largest(points, self.slopes, self.offsets)

    def __add__(self, other: Polynomial) -> Polynomial:
        """The maximum of both: the union of their terms."""
        _check_same_variables(self, other)
        return Polynomial(np.vstack([self.slopes, other.slopes]), np.concatenate([self.offsets, other.offsets]))

    def __mul__(self, other: Polynomial) -> Polynomial:
        """The sum of both: every term of one with every term of the other."""
        _check_same_variables(self, other)
        if len(self) * len(other) > MOST_TERMS:
            raise InputError(
                f"a product of {len(self):,} by {len(other):,} terms; at most {MOST_TERMS:,} in all",
                hint="take the essential() terms of both first",
            )
        slopes = self.slopes[:, None] + other.slopes
        offsets = self.offsets[:, None] + other.offsets
        return Polynomial(slopes.reshape(-1, self.variables), offsets.ravel())

    def __le__(self, other: Polynomial) -> bool:
        """Whether it is nowhere above the other: none of its terms is above the other's upper hull."""
        _check_same_variables(self, other)
        return bool(other.covers(self).all())

    def __ge__(self, other: Polynomial) -> bool:
        """Whether it is nowhere below the other."""
        return other <= self

    def __eq__(self, other: object) -> bool:
        """Whether both are the same function, within a relative 1e-8 of the offsets."""
        if not isinstance(other, Polynomial):
            return NotImplemented
        return self <= other <= self

    def __hash__(self) -> int:
        """Of equal functions equal; as equality has a tolerance, terms cannot take part."""
        return hash(self.variables)

    def covers(self, other: Polynomial) -> np.ndarray:
        """bool, one entry a term of ``other``: whether the term is nowhere above this polynomial."""
        scale = max(1.0, *(np.abs(p.offsets).max(initial=0.0) for p in (self, other)))
        return self.hull.heights(other.slopes) >= other.offsets - SAME_HEIGHT * scale

    def essential(self) -> Polynomial:
        """The same function without the terms that never exceed all others: the corners of the upper hull.

        Exact through Qhull for slopes that span up to five dimensions, by one linear program a term above.
        """
        corners = self.hull.corners
        return Polynomial(self.slopes[corners], self.offsets[corners])

    def newton_polytope(self) -> np.ndarray:
        """The corners of the Newton polytope, the convex hull of the slopes; shape (corners, variables)."""
        return Polynomial(self.slopes, np.zeros(len(self))).essential().slopes

    @cached_property
    def hull(self) -> Hull:
        """The upper hull of its terms."""
        return upper_hull(self.slopes, self.offsets)

    def __repr__(self) -> str:
        if not len(self):
            return "-inf"
        terms = [_shown_term(a, b) for a, b in zip(self.slopes[:_SHOWN], self.offsets, strict=False)]
        if len(self) == 1:
            return terms[0]
        rest = f", and {len(self) - _SHOWN:,} more terms" if len(self) > _SHOWN else ""
        return f"max({', '.join(terms)}{rest})"


def _checked_terms(slopes: ArrayLike, offsets: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    slopes, offsets = np.array(slopes, dtype=float), np.array(offsets, dtype=float)
    if slopes.ndim == 1:
        slopes = slopes[:, None]
    if slopes.ndim != 2 or offsets.shape != slopes.shape[:1] or not slopes.shape[1]:
        raise InputError(
            f"slopes of shape {slopes.shape} with offsets of shape {offsets.shape}",
            hint="slopes must be of shape (terms, variables), offsets of shape (terms,)",
        )
    if not np.isfinite(slopes).all():
        raise InputError("a slope is not a finite number")
    if np.isnan(offsets).any() or (offsets == np.inf).any():
        raise InputError("an offset is NaN or +inf", hint="offsets are finite numbers, or -inf for no term")
    there = offsets > -np.inf
    return slopes[there], offsets[there]


def _one_term_a_slope(slopes: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """In the order of the slopes, the highest of those with one slope."""
    slopes = snap(slopes, SAME_SLOPE * max(1.0, np.abs(slopes).max(initial=0.0)))
    order = np.lexsort((-offsets, *slopes.T[::-1]))
    slopes, offsets = slopes[order], offsets[order]
    first = np.ones(len(slopes), dtype=bool)
    first[1:] = (slopes[1:] != slopes[:-1]).any(axis=1)
    return slopes[first], offsets[first]


def _check_same_variables(first: Polynomial, second: Polynomial) -> None:
    if first.variables != second.variables:
        raise InputError(
            f"one polynomial is of {first.variables} variables, the other of {second.variables}",
            hint="a variable that one does not use has the exponent 0 in all its terms",
        )


def _shown_term(slopes: np.ndarray, offset: float) -> str:
    names = "xyz" if len(slopes) <= 3 else [f"x{i + 1}" for i in range(len(slopes))]
    parts = [_shown_factor(a) + name for a, name in zip(slopes, names, strict=False) if a]
    if offset or not parts:
        parts.append(f"{offset + 0.0:.6g}")
    return " + ".join(parts).replace("+ -", "- ")


def _shown_factor(slope: float) -> str:
    return {1.0: "", -1.0: "-"}.get(slope, f"{slope:.6g}")
