"""Small operations on arrays of points that the exact algebra is made of."""

from __future__ import annotations

import numpy as np

_BLOCK = 1 << 22
"""Numbers held at once, 32 MB."""


def largest(points: np.ndarray, slopes: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """For every point the largest of slopes·point + offsets, −inf without slopes; shape (points,)."""
    values = np.full(len(points), -np.inf)
    if len(offsets):
        rows = max(1, _BLOCK // len(offsets))
        for start in range(0, len(points), rows):
            block = points[start : start + rows]
            values[start : start + rows] = (block @ slopes.T + offsets).max(axis=1)
    return values


def snap(points: np.ndarray, distance: float) -> np.ndarray:
    """The points with coordinates that are closer than ``distance`` made equal, each to the smallest of its group."""
    snapped = points.copy()
    for column in snapped.T:
        order = np.argsort(column)
        ordered = column[order]
        starts = np.concatenate([[True], np.diff(ordered) > distance])[: len(column)]
        column[order] = ordered[starts][np.cumsum(starts) - 1]
    return snapped + 0.0  # without negative zeros
