"""The report as one HTML file that opens anywhere: no network request, nothing in it but what the records say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from assay.base.files import write_bytes
from assay.report import charts
from assay.report.board import Leaderboard, leaderboard_of
from assay.report.contents import Board
from assay.report.fill import fill, template_file
from assay.report.funnels import page_data, step_rows
from assay.report.gather import Dataset, Gathered, gather
from assay.report.inline import script_json
from assay.report.samples import cut

_SETTINGS_CHARACTERS = 40_000


@dataclass(frozen=True)
class Figure:
    """A chart with its place on the page."""

    title: str
    spec: dict[str, Any]

    @property
    def description(self) -> str:
        """What it shows, in words."""
        return self.spec["description"]


def write_report(folders: Iterable[str | Path], out: str | Path) -> Path:
    """Write the page of experiment folders or single artifacts; returns where. The same folders give the same bytes."""
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(out, render_page(gather(folders)).encode(errors="replace"))
    return out


def render_page(gathered: Gathered) -> str:
    """The HTML of what was gathered."""
    leaders = leaderboard_of(gathered)
    board = leaders.boards[0] if leaders.boards else Board(recipes=[])
    datasets = _with_funnel(gathered, board)
    figures = _figures(gathered, board, datasets)
    numbered = [figure for group in figures.values() for figure in group]
    return fill(
        "page.html.j2",
        [template_file("page.css")],
        [chart_library(), template_file("samples.js") + template_file("charts.js") + template_file("page.js")],
        headline=_headline(gathered, leaders),
        leaders=leaders,
        board=board,
        trained=any(row.seeds or row.bits_per_byte is not None for row in board.recipes),
        gathered=gathered,
        figures=figures,
        number_of=numbered.index,
        funnels=[(dataset, step_rows(dataset)) for dataset in datasets],
        settings=_settings(gathered),
        colour_of=_colours(board),
        dash_of=lambda recipe: charts.dash(board, recipe),
        known={each.id for each in gathered.artifacts},
        chart_data=script_json({"theme": charts.THEME, "specs": [figure.spec for figure in numbered]}),
        sample_data=script_json(page_data(datasets)),
    )


@cache
def chart_library() -> str:
    """Vega, Vega-Lite and vega-embed as one script (about 0.9 MB)."""
    import vl_convert

    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")


def _headline(gathered: Gathered, leaders: Leaderboard) -> str:
    """The verdict; without one, the most that can be said."""
    if leaders.sentence:
        return leaders.sentence
    board = leaders.boards[0] if leaders.boards else None
    if board and board.best and len(board.recipes) > 1:
        return f"{board.best} has the lowest held-out bits per byte, {board.recipes[0].bits_per_byte:.3f}."
    funnels = [dataset for dataset in gathered.datasets if dataset.funnel]
    if len(funnels) == 1 and (funnel := funnels[0].funnel):
        return f"{funnels[0].recipe} keeps {funnel.documents_out:,} of {funnel.documents_in:,} documents."
    first = gathered.artifacts[0].record
    return f"{first.name}, a {first.kind}" if len(gathered.artifacts) == 1 else f"{len(gathered.artifacts)} artifacts"


def _with_funnel(gathered: Gathered, board: Board) -> list[Dataset]:
    """The datasets whose funnel is there, in the order of the leaderboard."""
    order = {row.recipe: index for index, row in enumerate(board.recipes)}
    found = [dataset for dataset in gathered.datasets if dataset.funnel]
    return sorted(found, key=lambda dataset: order.get(dataset.recipe, len(order)))


def _figures(gathered: Gathered, board: Board, datasets: list[Dataset]) -> dict[str, list[Figure]]:
    """The charts by section. A section without data has none."""
    domains = board.domains if len(board.domains) == 1 else ["all", *board.domains]
    runs = [run for run in gathered.runs if run.curve and run.scale == (board.scale or run.scale)]
    return {
        "differences": _differences(board, domains),
        "scores": [Figure(charts.place(each), charts.scores(board, each).to_dict()) for each in domains if board.best],
        "losses": [Figure("", charts.loss_curves(runs, board).to_dict())] if runs else [],
        "kept": [Figure("", charts.kept(datasets, board).to_dict())] if len(datasets) > 1 else [],
    }


def _differences(board: Board, domains: list[str]) -> list[Figure]:
    figures = []
    for domain in domains:
        others = [each for each in board.comparisons if each.domain == domain and each.b == board.baseline]
        if others:
            figures.append(Figure(charts.place(domain), charts.differences(board, domain, others).to_dict()))
    return figures


def _colours(board: Board) -> dict[str, int]:
    """Recipe → number of its colour in the style sheet."""
    return {recipe: index % charts.SERIES for index, recipe in enumerate(charts.palette(board))}


def _settings(gathered: Gathered) -> dict[str, str]:
    """Title → resolved settings as YAML: recipes, scales, suites, machines; each different one once."""
    entries = [(f"recipe {each.recipe}", each.record.config) for each in gathered.datasets]
    entries += [(f"scale {each.scale or each.record.name}", each.settings) for each in gathered.runs]
    entries += [("suite", each.record.config.get("suite", {})) for each in gathered.evaluations]
    entries += [
        ("made with", {"assay": each.record.assay_version, **each.record.environment}) for each in gathered.artifacts
    ]
    texts: dict[str, str] = {}
    for title, value in entries:
        text = cut(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100), _SETTINGS_CHARACTERS)
        if value and text not in texts.values():
            texts[_fresh(title, texts)] = text
    return texts


def _fresh(title: str, taken: dict[str, str]) -> str:
    number = 2
    name = title
    while name in taken:
        name, number = f"{title} ({number})", number + 1
    return name
