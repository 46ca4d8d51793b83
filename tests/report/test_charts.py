"""What the charts say."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from assay.report import charts
from assay.report.board import leaderboard
from assay.report.contents import Point
from assay.report.gather import gather


def domains_of_x(spec: dict) -> list[list[float]]:
    return [layer["encoding"]["x"]["scale"]["domain"] for layer in spec["layer"] if "scale" in layer["encoding"]["x"]]


def test_differences_of_all_domains_share_an_axis_with_zero_on_it(experiment: Path) -> None:
    board = leaderboard([experiment]).boards[0]
    axes = []
    for domain in ("all", "reference", "tutorials"):
        others = [each for each in board.comparisons if each.b == "no-filter" and each.domain == domain]
        axes += domains_of_x(charts.differences(board, domain, others).to_dict())
    assert all(axis == axes[0] for axis in axes)
    low, high = axes[0]
    assert low < min(each.low for each in board.comparisons if each.b == "no-filter")
    assert high > 0


def test_a_description_says_the_numbers(experiment: Path) -> None:
    board = leaderboard([experiment]).boards[0]
    said = charts.scores(board, "all").to_dict()["description"]
    assert all(f"{row.recipe} {row.bits_per_byte:.3f}" in said for row in board.recipes)


def test_a_recipe_has_one_colour_in_every_chart(experiment: Path) -> None:
    gathered = gather([experiment])
    board = leaderboard([experiment]).boards[0]
    specs = [
        charts.scores(board, "all").to_dict(),
        charts.loss_curves(gathered.runs, board).to_dict(),
        charts.kept(gathered.datasets, board).to_dict(),
    ]
    domains = [each["scale"]["domain"] for spec in specs for each in colours(spec)]
    assert len(domains) >= 3
    assert all(domain == charts.palette(board) for domain in domains)


def colours(spec: dict) -> list[dict]:
    encodings = [layer.get("encoding", {}) for layer in spec.get("layer", [spec])]
    return [each[name] for each in encodings for name in ("color", "fill") if "scale" in each.get(name, {})]


def test_kept_and_dropped_documents_add_up_to_the_pool(experiment: Path) -> None:
    gathered = gather([experiment])
    spec = charts.kept(gathered.datasets, leaderboard([experiment]).boards[0]).to_dict()
    rows = {json.dumps(row) for data in spec["datasets"].values() for row in data} if "datasets" in spec else set()
    rows |= {json.dumps(row) for layer in spec["layer"] for row in layer.get("data", {}).get("values", [])}
    for dataset in gathered.datasets:
        assert dataset.funnel is not None
        mine = [row for row in map(json.loads, rows) if row["recipe"] == dataset.recipe]
        assert sum(row["documents"] for row in mine) == dataset.funnel.documents_in


@given(st.integers(0, 1500))
def test_a_thinned_curve_is_short_ordered_and_ends_where_the_curve_ends(length: int) -> None:
    curve = [Point(tokens=number + 1, loss=1.0) for number in range(length)]
    thin = charts.thinned(curve)
    tokens = [point.tokens for point in thin]
    assert len(thin) <= 201
    assert tokens == sorted(set(tokens))
    assert tokens[-1:] == [point.tokens for point in curve[-1:]]


def test_points_that_a_logarithmic_axis_cannot_show_are_left_out() -> None:
    curve = [Point(tokens=0, loss=9.0), Point(tokens=5, loss=float("nan")), Point(tokens=9, loss=2.0)]
    assert [point.tokens for point in charts.thinned(curve)] == [9]
