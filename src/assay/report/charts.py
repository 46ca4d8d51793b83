"""The pictures, as altair charts. Their colours come from the page, so that one chart serves dark, light and print.

Each is narrow enough for a phone; the page puts them side by side where there is room. ``description`` is what a
screen reader says of it, with the numbers.
"""

from __future__ import annotations

import math
from typing import Any

import altair as alt

from assay.report.contents import Board, Comparison, Point, RecipeScore
from assay.report.gather import Dataset, Run
from assay.report.table import interval, signed

SERIES = 8
"""Colours of the page's palette; recipes beyond share them and differ by dash."""
DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [12, 4], [4, 2, 1, 2], [10, 2, 2, 2, 2, 2], [3, 5], [14, 3, 4, 3])
_CURVE_POINTS = 200
_ROW = 44
"""Pixels a recipe: its name stands above its mark, so that long names need no room at the side."""

_FONT = "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', system-ui, sans-serif"
THEME: dict[str, Any] = {
    "background": "transparent",
    "font": _FONT,
    "view": {"stroke": None},
    "range": {"category": [f"var(--series-{index})" for index in range(SERIES)]},
    "axis": {
        "labelColor": "var(--ink-soft)",
        "titleColor": "var(--ink-soft)",
        "gridColor": "var(--line)",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 8,
        "labelPadding": 6,
        "labelFlush": False,
    },
    "text": {"color": "var(--ink)", "fontSize": 12},
    "rule": {"color": "var(--ink-soft)"},
}
"""Vega-Lite configuration that goes with the page's style sheet."""


def palette(board: Board) -> list[str]:
    """The recipes in the order of their colours: by name, so that a colour stays when the ranking changes."""
    return sorted(row.recipe for row in board.recipes)


def dash(board: Board, recipe: str) -> list[int]:
    """The dash of a recipe's lines: tells recipes apart without colour, and beyond the end of the palette."""
    return DASHES[palette(board).index(recipe) % len(DASHES)]


def differences(board: Board, domain: str, others: list[Comparison]) -> alt.LayerChart:
    """What each recipe gains or loses against one other, with its interval; hollow where it is no difference."""
    data = [{**each.model_dump(), "label": signed(each.difference)} for each in others]
    rows = _rows("a", [row.recipe for row in board.recipes])
    base = alt.Chart(_data(data)).encode(y=rows)
    shared = {
        "title": f"bits per byte minus those of {others[0].b}",
        "scale": alt.Scale(domain=_reach(board.comparisons, others[0].b), nice=True),
        "axis": alt.Axis(labelExpr="datum.value === 0 ? '0' : format(datum.value, '+.3~f')", tickCount=5),
    }
    colour = _colour("a", board)
    hollow = alt.condition("datum.verdict === 'no difference'", alt.value("var(--paper)"), _fill("a", board))
    numbers = [alt.Tooltip(f"{name}:Q", format="+.4f") for name in ("difference", "low", "high")]
    column = alt.X("difference:Q", **shared)
    bars = base.mark_rule(strokeWidth=3, strokeCap="round")
    points = base.mark_point(size=90, strokeWidth=2, opacity=1)
    layers = [
        alt.Chart(_data([{"zero": 0}])).mark_rule(strokeDash=[3, 3]).encode(x="zero:Q"),
        bars.encode(x=alt.X("low:Q", **shared), x2="high:Q", color=colour),
        points.encode(x=column, color=colour, fill=hollow, tooltip=[_named("a"), *numbers, "verdict:N"]),
        *_names(data, "a", rows),
    ]
    said = "; ".join(f"{each.a} {signed(each.difference)} ({interval(each)}), {each.verdict}" for each in others)
    return sized(alt.layer(*layers), f"Difference from {others[0].b} on {place(domain)}: {said}.", _ROW * len(data))


def scores(board: Board, domain: str) -> alt.LayerChart:
    """Held-out bits per byte of each recipe: the mean, and each seed where it is known."""
    rows = [(row, value) for row in board.recipes if (value := _score(row, domain)) is not None]
    means = [{"recipe": row.recipe, "value": value, "label": f"{value:.3f}"} for row, value in rows]
    seeds = [
        {"recipe": row.recipe, "value": value, "seed": seed}
        for row, _ in rows
        for seed, value in row.by_seed.items()
        if domain == "all" and len(row.by_seed) > 1
    ]
    scale = alt.Scale(zero=False, nice=True, padding=18)
    axis = alt.Axis(format=".3~f", tickCount=4)
    encoding: dict[str, Any] = {
        "y": _rows("recipe", [row.recipe for row, _ in rows]),
        "x": alt.X("value:Q", title="bits per byte (less is better)", scale=scale, axis=axis),
    }
    colour, shown = _colour("recipe", board), alt.Tooltip("value:Q", title="bits per byte", format=".4f")
    dots = alt.Chart(_data(means)).mark_point(size=90, filled=True, opacity=1)
    ticks = alt.Chart(_data(seeds)).mark_tick(thickness=2, size=14, opacity=0.75)
    layers = [
        ticks.encode(**encoding, color=colour, tooltip=[_named("recipe"), "seed:N", shown]),
        dots.encode(**encoding, color=colour, tooltip=[_named("recipe"), shown]),
        *_names(means, "recipe", encoding["y"]),
    ]
    said = "; ".join(f"{each['recipe']} {each['label']}" for each in means)
    return sized(
        alt.layer(*layers[0 if seeds else 1 :]), f"Held-out bits per byte on {place(domain)}: {said}.", _ROW * len(rows)
    )


def loss_curves(runs: list[Run], board: Board) -> alt.Chart:
    """Training loss of each run over the tokens it has seen."""
    values = [
        {"recipe": run.recipe, "run": f"seed {run.seed}", "tokens": point.tokens, "loss": point.loss}
        for run in runs
        for point in thinned(run.curve)
    ]
    names = palette(board)
    dashes = alt.Scale(domain=names, range=[dash(board, name) for name in names])
    log = alt.Scale(type="log", nice=False)
    encoding: dict[str, Any] = {
        "x": alt.X(
            "tokens:Q", title="training tokens", scale=log, axis=alt.Axis(format="~s", labelOverlap=True, grid=False)
        ),
        "y": alt.Y("loss:Q", title="loss (nats per token)", scale=alt.Scale(zero=False)),
        "color": _colour("recipe", board),
        "strokeDash": alt.StrokeDash("recipe:N", scale=dashes, legend=None),
        "tooltip": [
            _named("recipe"),
            "run:N",
            alt.Tooltip("tokens:Q", format=","),
            alt.Tooltip("loss:Q", format=".3f"),
        ],
    }
    chart = alt.Chart(_data(values)).mark_line(strokeWidth=1.6, opacity=0.85).encode(**encoding, detail="run:N")
    ends = "; ".join(f"{run.recipe} seed {run.seed} {run.curve[-1].loss:.3f}" for run in runs if run.curve)
    return sized(chart, f"Training loss over tokens. At the end: {ends}.", 300)


def kept(datasets: list[Dataset], board: Board) -> alt.LayerChart:
    """Where the documents of the pool went: kept, or dropped by which step; one bar a recipe."""
    shown = [dataset for dataset in datasets if dataset.funnel and dataset.funnel.documents_in]
    parts = [part for dataset in shown for part in _parts(dataset)]
    row = _rows("recipe", [each.recipe for each in shown])
    axis = alt.Axis(labelExpr="format(datum.value, '~s')", tickCount=5)
    encoding: dict[str, Any] = {
        "y": row,
        "x": alt.X("start:Q", title="documents of the pool", axis=axis, scale=alt.Scale(nice=False)),
        "x2": "end:Q",
        "tooltip": [_named("recipe"), "fate:N", alt.Tooltip("documents:Q", format=",")],
    }
    base = alt.Chart(_data(parts)).mark_bar(height=12, yOffset=2, stroke="var(--paper)", strokeWidth=1)
    dropped = base.transform_filter("datum.fate !== 'kept'").encode(**encoding, fill=alt.value("var(--dropped)"))
    left = base.transform_filter("datum.fate === 'kept'").encode(**encoding, fill=_fill("recipe", board))
    named = [part for part in parts if part["fate"] == "kept"]
    said = "; ".join(f"{part['recipe']} {part['label']}" for part in named)
    chart = alt.layer(dropped, left, *_names(named, "recipe", row))
    return sized(chart, f"Documents kept by each recipe: {said}.", _ROW * len(shown))


def thinned(curve: list[Point]) -> list[Point]:
    """At most some 200 points of a curve, evenly spaced on a logarithmic axis, always with the last."""
    points = [point for point in curve if point.tokens > 0 and math.isfinite(point.loss)]
    if len(points) <= _CURVE_POINTS:
        return points
    step = math.log(len(points)) / _CURVE_POINTS
    picked = sorted({round(math.exp(step * number)) - 1 for number in range(_CURVE_POINTS)} | {len(points) - 1})
    return [points[index] for index in picked]


def _parts(dataset: Dataset) -> list[dict[str, Any]]:
    funnel = dataset.funnel
    assert funnel is not None
    total, out = funnel.documents_in, funnel.documents_out
    label = f"{out:,} of {total:,} kept ({out / total:.0%})"
    parts = [{"fate": "kept", "start": 0, "end": out, "documents": out, "label": label}]
    for step in reversed(funnel.steps):
        lost = step.documents_in - step.documents_out
        if lost:
            end = parts[-1]["end"]
            parts.append({"fate": f"dropped by {step.step}", "start": end, "end": end + lost, "documents": lost})
    return [{"recipe": dataset.recipe, **part} for part in parts]


def place(domain: str) -> str:
    """A domain in words."""
    return "all domains" if domain == "all" else domain


def _rows(field: str, recipes: list[str]) -> alt.Y:
    return alt.Y(f"{field}:N", sort=recipes, axis=None)


def _names(values: list[dict[str, Any]], field: str, rows: alt.Y) -> list[alt.Chart]:
    """Above each row: the recipe's name at the left end, and its number (``label``) at the right."""
    base = alt.Chart(_data(values)).encode(y=rows)
    names = base.mark_text(align="left", dy=-15, limit=240).encode(x=alt.value(0), text=f"{field}:N")
    numbers = base.mark_text(align="right", dy=-15).encode(x=alt.value("width"), text="label:N")
    return [names, numbers]


def _named(field: str) -> alt.Tooltip:
    return alt.Tooltip(f"{field}:N", title="recipe")


def sized(chart: Any, description: str, height: int) -> Any:
    """A chart as wide as its place on the page, with what a screen reader says of it."""
    fit = alt.AutoSizeParams(type="fit-x", contains="padding")
    return chart.properties(width="container", height=height, autosize=fit, description=description)


def _data(values: list[dict[str, Any]]) -> alt.Data:
    return alt.Data(values=values)


def _colour(field: str, board: Board) -> alt.Color:
    """The recipe's colour, the same in every chart."""
    return alt.Color(f"{field}:N", scale=_scale(board), legend=None)


def _fill(field: str, board: Board) -> alt.Fill:
    return alt.Fill(f"{field}:N", scale=_scale(board), legend=None)


def _scale(board: Board) -> alt.Scale:
    return alt.Scale(domain=palette(board))


def _score(row: RecipeScore, domain: str) -> float | None:
    return row.bits_per_byte if domain == "all" else row.by_domain.get(domain)


def _reach(comparisons: list[Comparison], other: str) -> list[float]:
    """One axis for all domains, so that their differences can be compared by eye; zero is always on it."""
    ends = [end for each in comparisons if each.b == other for end in (each.low, each.high)]
    low, high = min(0.0, *ends), max(0.0, *ends)
    margin = 0.08 * (high - low) or 0.01
    return [low - margin, high + margin]
