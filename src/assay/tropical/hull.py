"""The upper hull of points (slope, offset): its facets, walls and corners.

The upper hull h(u) is the smallest concave function above the points. Every upper facet is dual to a point x where the
polynomial's regions meet: h(u) = the least over these x of p(x) − x·u, within the walls, the facets of the convex hull
of the slopes (the Newton polytope); outside, h is −inf.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.optimize import linprog
from scipy.spatial import ConvexHull, QhullError

from assay.tropical.arrays import largest, snap

MOST_DIMENSIONS = 5
"""Qhull's facets grow as terms^(dimensions / 2): 1,000 terms take seconds in five dimensions, and no end in six."""
_TOLERANCE = 1e-9
"""Of coordinates scaled to about 1."""


class Hull(Protocol):
    """An upper hull, however it is computed."""

    @property
    def frame(self) -> Frame:
        """The flat that the slopes span."""
        ...

    @property
    def corners(self) -> np.ndarray:
        """Indices of the points that are corners of it, in order."""
        ...

    def heights(self, slopes: np.ndarray) -> np.ndarray:
        """The hull's height at each of the slopes; −inf outside the Newton polytope."""
        ...


def upper_hull(slopes: np.ndarray, offsets: np.ndarray) -> Hull:
    """Through Qhull where the slopes span at most five dimensions; else, or where that fails, by linear programs."""
    frame = Frame.of(slopes)
    if frame.dimensions > MOST_DIMENSIONS:
        return ProgramHull(slopes, offsets, frame)
    try:
        return FacetHull(slopes, offsets, frame)
    except QhullError:  # so many points in one plane that rounding hides the order
        return ProgramHull(slopes, offsets, frame)


@dataclass(frozen=True)
class Frame:
    """Coordinates of the flat that the slopes span: slope = origin + basis @ coordinates."""

    origin: np.ndarray
    """Shape (variables,)."""
    basis: np.ndarray
    """Orthonormal columns, shape (variables, dimensions)."""
    tolerance: float
    """Distance from the flat that is still on it."""

    @classmethod
    def of(cls, slopes: np.ndarray) -> Frame:
        """The smallest flat that holds the slopes; the identity where they span all dimensions."""
        variables = slopes.shape[1]
        if not len(slopes):
            return cls(np.zeros(variables), np.zeros((variables, 0)), 0.0)
        origin = slopes[0]
        _, sizes, directions = np.linalg.svd(slopes - origin, full_matrices=False)
        tolerance = _TOLERANCE * max(1.0, np.abs(slopes).max())
        rank = int((sizes > tolerance).sum())
        return cls(origin, np.eye(variables) if rank == variables else directions[:rank].T, tolerance)

    @property
    def dimensions(self) -> int:
        """Of the flat."""
        return self.basis.shape[1]

    def coordinates(self, slopes: np.ndarray) -> np.ndarray:
        """Of the slopes' projections onto the flat; shape (slopes, dimensions)."""
        return (slopes - self.origin) @ self.basis

    def holds(self, directions: np.ndarray) -> np.ndarray:
        """Whether each of the directions is parallel to the flat."""
        away = directions - directions @ self.basis @ self.basis.T
        return np.abs(away).max(axis=1, initial=0.0) <= self.tolerance


class FacetHull:
    """The upper hull by its facets, through Qhull.

    ``duals``, shape (facets, dimensions), and ``values``: the points x dual to upper facets, and p(x) there.
    ``walls``, shape (walls, dimensions), and ``bounds``: the slopes u of the Newton polytope have walls·u ≤ bounds.
    Both are in the coordinates of ``frame``.
    """

    def __init__(self, slopes: np.ndarray, offsets: np.ndarray, frame: Frame):
        self.frame = frame
        points = frame.coordinates(slopes)
        self.walls, self.bounds = _walls(points)
        self.duals, incident = _upper_facets(points, offsets)
        self.values = largest(self.duals, points, offsets)
        self.corners = self._corners(points, offsets, incident)

    def heights(self, slopes: np.ndarray) -> np.ndarray:
        """The hull's height at each of the slopes; −inf outside the Newton polytope."""
        if not len(self.values):
            return np.full(len(slopes), -np.inf)
        points = self.frame.coordinates(slopes)
        inside = self.frame.holds(slopes - self.frame.origin)
        inside &= largest(points, self.walls, -self.bounds) <= 10 * self.frame.tolerance
        return np.where(inside, -largest(points, self.duals, -self.values), -np.inf)

    def _corners(self, points: np.ndarray, offsets: np.ndarray, incident: np.ndarray) -> np.ndarray:
        """The points whose region, spanned by its dual points and by the walls it touches, has an inside."""
        if self.frame.dimensions == 0:
            return np.argsort(-offsets)[:1]
        scaled = self.duals / (np.ptp(self.duals, axis=0).max() or 1.0)
        order = np.argsort(incident[:, 1], kind="stable")
        facets, owners = incident[order].T
        starts = np.flatnonzero(np.diff(owners, prepend=-1))
        corners = []
        for point, own in zip(owners[starts], np.split(facets, starts[1:]), strict=True):
            touched = self.bounds - self.walls @ points[point] <= self.frame.tolerance
            spanned = np.vstack([scaled[own] - scaled[own[0]], self.walls[touched]])
            if np.linalg.matrix_rank(spanned, tol=_TOLERANCE) == self.frame.dimensions:
                corners.append(point)
        return np.array(corners, dtype=int)


def _walls(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    dimensions = points.shape[1]
    if dimensions == 0:
        return np.zeros((0, 0)), np.zeros(0)
    if dimensions == 1:
        return np.array([[1.0], [-1.0]]), np.array([points.max(), -points.min()])
    equations = snap(ConvexHull(points).equations, _TOLERANCE)
    equations = np.unique(equations, axis=0)
    normals = equations[:, :-1]
    return normals, (points @ normals.T).max(axis=0)


def _upper_facets(points: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The points dual to upper facets, and pairs (facet, point on it)."""
    count, dimensions = points.shape
    if dimensions == 0:
        return np.zeros((min(count, 1), 0)), np.zeros((0, 2), dtype=int)
    # Without the plane that fits best, and with sides of about 1, Qhull has most of its digits for the bends.
    plane = np.linalg.lstsq(np.column_stack([points, np.ones(count)]), offsets)[0]
    bends = offsets - points @ plane[:-1] - plane[-1]
    size, height = np.ptp(points, axis=0).max(), np.abs(bends).max()
    if height <= _TOLERANCE * max(1.0, np.abs(offsets).max()):
        return -plane[None, :-1], np.column_stack([np.zeros(count, dtype=int), np.arange(count)])
    hull = ConvexHull(np.column_stack([points / size, bends / height]))
    upper = hull.equations[:, -2] > _TOLERANCE
    equations, corners = hull.equations[upper], hull.simplices[upper]
    duals = equations[:, :-2] / equations[:, -2:-1] * (height / size)
    distance = _TOLERANCE * (height / size)
    duals, facet = np.unique(snap(duals, distance), axis=0, return_inverse=True)
    incident = np.column_stack([np.repeat(facet, corners.shape[1]), corners.ravel()])
    return duals - plane[:-1], np.unique(incident, axis=0)


class ProgramHull:
    """The upper hull by linear programs (HiGHS), one for every height and for every term: for many dimensions."""

    def __init__(self, slopes: np.ndarray, offsets: np.ndarray, frame: Frame):
        self.slopes, self.offsets, self.frame = slopes, offsets, frame

    def heights(self, slopes: np.ndarray) -> np.ndarray:
        """The hull's height at each of the slopes; −inf outside the Newton polytope."""
        return np.array([_height(self.slopes, self.offsets, slope) for slope in slopes])

    @property
    def corners(self) -> np.ndarray:
        """The points above the upper hull of all others."""
        kept = np.ones(len(self.offsets), dtype=bool)
        tolerance = 10 * _TOLERANCE * max(1.0, np.abs(self.offsets).max())
        for i, (slope, offset) in enumerate(zip(self.slopes, self.offsets, strict=True)):
            kept[i] = False
            kept[i] = _height(self.slopes[kept], self.offsets[kept], slope) < offset - tolerance
        return np.flatnonzero(kept)


def _height(slopes: np.ndarray, offsets: np.ndarray, slope: np.ndarray) -> float:
    """The highest mean of the offsets with weights under which the mean of the slopes is ``slope``."""
    means = np.vstack([(slopes - slope).T, np.ones(len(slopes))])
    target = np.append(np.zeros(len(slope)), 1.0)
    solved = linprog(-offsets, A_eq=means, b_eq=target, options={"primal_feasibility_tolerance": 1e-10})
    return -solved.fun if solved.status == 0 else -np.inf
