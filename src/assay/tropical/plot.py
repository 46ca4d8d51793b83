"""Pictures of max-plus polynomials of one variable, and of Newton polytopes in the plane, as altair charts."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import numpy as np

from assay.base.errors import InputError
from assay.tropical.polynomial import Polynomial

_POINTS = 400


def plot_polynomials(polynomials: Mapping[str, Polynomial], low: float, high: float) -> alt.Chart:
    """Lines of polynomials of one variable between two points, by name. InputError for more variables.

    Before and after a division: ``{"p": p, "quotient + divisor": q * d, "remainder": r}``.
    """
    _check_variables(polynomials, 1)
    x = np.linspace(low, high, _POINTS)
    rows = [
        {"polynomial": name, "x": float(at), "value": float(value)}
        for name, polynomial in polynomials.items()
        if len(polynomial)
        for at, value in zip(x, polynomial(x), strict=True)
    ]
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_line()
        .encode(alt.X("x:Q"), alt.Y("value:Q"), alt.Color("polynomial:N"), alt.StrokeDash("polynomial:N"))
    )


def plot_newton_polytopes(polynomials: Mapping[str, Polynomial]) -> alt.LayerChart:
    """Newton polytopes of polynomials of two variables, by name, with the slopes of their essential terms as points.

    A point inside is a corner of the upper hull over it. InputError for other numbers of variables.
    """
    _check_variables(polynomials, 2)
    sides, terms = [], []
    for name, polynomial in polynomials.items():
        for order, (x, y) in enumerate(_around(polynomial.newton_polytope())):
            sides.append({"polynomial": name, "order": order, "x": float(x), "y": float(y)})
        essential = polynomial.essential()
        for (x, y), offset in zip(essential.slopes, essential.offsets, strict=True):
            terms.append({"polynomial": name, "x": float(x), "y": float(y), "offset": float(offset)})
    axes = alt.X("x:Q", title="slope of x"), alt.Y("y:Q", title="slope of y"), alt.Color("polynomial:N")
    lines = alt.Chart(alt.Data(values=sides)).mark_line().encode(*axes, alt.Order("order:O"))
    points = (
        alt.Chart(alt.Data(values=terms)).mark_point(filled=True).encode(*axes, tooltip=["polynomial:N", "offset:Q"])
    )
    return alt.LayerChart(layer=[lines, points])


def _around(corners: np.ndarray) -> np.ndarray:
    """The corners in the order in which a pen meets them, the first once more at the end."""
    if not len(corners):
        return corners
    away = corners - corners.mean(axis=0)
    corners = corners[np.argsort(np.arctan2(away[:, 1], away[:, 0]), kind="stable")]
    return np.vstack([corners, corners[:1]])


def _check_variables(polynomials: Mapping[str, Polynomial], variables: int) -> None:
    for name, polynomial in polynomials.items():
        if polynomial.variables != variables:
            raise InputError(
                f"{name} is of {polynomial.variables} variables", hint=f"this picture is for {variables} of them"
            )
