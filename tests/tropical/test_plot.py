"""Pictures of polynomials and polytopes."""

from __future__ import annotations

import pytest

from assay.base.errors import InputError
from assay.tropical.division import divide
from assay.tropical.plot import plot_newton_polytopes, plot_polynomials
from tropical.plain import polynomial


def test_lines_before_and_after_a_division():
    p, d = polynomial([[0, 0], [1, 2], [3, 0]], 1), polynomial([[0, 0], [2, 0]], 1)
    divided = divide(p, d)
    shown = {"p": p, "below": divided.quotient * d, "rest": divided.remainder, "none": polynomial([], 1)}
    chart = plot_polynomials(shown, -2, 2).to_dict()
    rows = chart["data"]["values"]
    assert {row["polynomial"] for row in rows} == {"p", "below", "rest"}
    first = next(row for row in rows if row["polynomial"] == "p")
    assert (first["x"], first["value"]) == (-2, 0)


def test_a_polytope_is_drawn_around():
    square = polynomial([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0], [0.5, 0.5, 1]], 2)
    layers = plot_newton_polytopes({"square": square, "nothing": polynomial([], 2)}).to_dict()["layer"]
    sides = [(row["x"], row["y"]) for row in layers[0]["data"]["values"]]
    assert sides == [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
    assert len(layers[1]["data"]["values"]) == 5


def test_other_numbers_of_variables():
    line = polynomial([[0, 0]], 1)
    with pytest.raises(InputError, match="line is of 1 variables"):
        plot_newton_polytopes({"line": line})
    with pytest.raises(InputError, match="plane is of 2 variables"):
        plot_polynomials({"plane": polynomial([[0, 0, 0]], 2)}, 0, 1)
