"""Corners of a bounded polytope {c : normals·c ≤ bounds}, also where it is flat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import null_space
from scipy.optimize import linprog
from scipy.spatial import HalfspaceIntersection, QhullError

from assay.base.errors import InputError


@dataclass(frozen=True)
class Inside:
    """A point in the relative interior of a polytope, and the directions in which the polytope has an extent."""

    point: np.ndarray
    """Shape (dimensions,)."""
    basis: np.ndarray
    """Orthonormal columns, shape (dimensions, extents)."""


def find_inside(normals: np.ndarray, bounds: np.ndarray, tolerance: float) -> Inside | None:
    """Of {c : normals·c ≤ bounds} with normals of length 1; None where it is empty (by more than the tolerance)."""
    dimensions = normals.shape[1]
    if dimensions == 0:
        return Inside(np.zeros(0), np.zeros((0, 0))) if (bounds >= -tolerance).all() else None
    centre, radius = _largest_ball(normals, bounds)
    if radius < -tolerance:
        return None
    if radius > tolerance:
        return Inside(centre, np.eye(dimensions))
    tight = _tight(normals, bounds + 2 * tolerance) <= 8 * tolerance
    flat = null_space(normals[tight], rcond=1e-7)
    corner = centre + np.linalg.lstsq(normals[tight], bounds[tight] - normals[tight] @ centre)[0]
    within = normals[~tight] @ flat
    lengths = np.linalg.norm(within, axis=1)
    crossing = lengths > 1e-9
    rest = (bounds[~tight] - normals[~tight] @ corner)[crossing] / lengths[crossing]
    inner = find_inside(within[crossing] / lengths[crossing, None], rest, 4 * tolerance)
    return inner and Inside(corner + flat @ inner.point, flat @ inner.basis)


def corners(normals: np.ndarray, bounds: np.ndarray, point: np.ndarray) -> np.ndarray:
    """Of {c : normals·c ≤ bounds}, which has an extent in every direction, with ``point`` inside."""
    lengths = np.linalg.norm(normals, axis=1)
    crossing = lengths > 1e-12 * lengths.max()
    normals, room = (
        normals[crossing] / lengths[crossing, None],
        (bounds - normals @ point)[crossing] / lengths[crossing],
    )
    if normals.shape[1] == 1:
        sides = normals[:, 0] > 0
        return point + np.array([[-room[~sides].min()], [room[sides].min()]])
    try:
        shape = HalfspaceIntersection(np.column_stack([normals, -room]), np.zeros(len(point)))
    except QhullError as error:
        raise InputError(
            f"Qhull cannot intersect {len(normals):,} half-spaces in {len(point)} dimensions",
            hint='so many meet in nearly one point that rounding hides which do; use mode="lattice", or fewer terms',
        ) from error
    return point + shape.intersections[np.isfinite(shape.intersections).all(axis=1)]


def _largest_ball(normals: np.ndarray, bounds: np.ndarray) -> tuple[np.ndarray, float]:
    """Centre and radius; the radius is negative where nothing is inside."""
    count, dimensions = normals.shape
    solved = linprog(
        np.append(np.zeros(dimensions), -1.0),
        A_ub=np.column_stack([normals, np.ones(count)]),
        b_ub=bounds,
        bounds=(None, None),
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    return solved.x[:-1], float(solved.x[-1])


def _tight(normals: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """For every half-space, the most room that a point of the polytope leaves in it."""
    options = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    rooms = [
        bound - linprog(normal, A_ub=normals, b_ub=bounds, bounds=(None, None), options=options).fun
        for normal, bound in zip(normals, bounds, strict=True)
    ]
    return np.array(rooms)
