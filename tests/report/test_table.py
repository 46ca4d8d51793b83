"""The leaderboard on a terminal."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from report_experiment import RECIPE_MARKUP
from rich.console import Console

from assay.report.table import leaderboard, render, signed, to_json


def shown(folders: list[Path], width: int = 100, **options) -> str:
    file = io.StringIO()
    Console(file=file, width=width, **options).print(render(leaderboard(folders)))
    return file.getvalue()


def test_recipes_are_listed_best_first_with_difference_interval_and_word(experiment: Path) -> None:
    text = shown([experiment])
    places = [
        text.index(name) for name in ("heuristics-dedup-quality", "heuristics-dedup ", RECIPE_MARKUP, "no-filter")
    ]
    assert places == sorted(places)
    assert re.search(r"no-filter +1\.5\d\d +\+0\.0\d\d \[\+0\.0\d\d, \+0\.0\d\d\] worse +3 +2M +1,\d\d\d", text)
    assert "no difference" in text
    assert "tutorials" in text
    assert "copa" in text


def test_it_fits_in_100_columns(experiment: Path) -> None:
    lines = shown([experiment]).splitlines()
    assert max(map(len, lines)) <= 100
    assert any(re.search(r"heuristics-dedup .*no difference", line) for line in lines)


def test_no_colour_when_it_is_not_wanted(experiment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    text = shown([experiment], force_terminal=True)
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]", text)


def test_a_part_of_an_experiment_shows_what_it_has(experiment: Path) -> None:
    text = shown([experiment / "datasets" / "heuristics"])
    assert RECIPE_MARKUP in text
    assert "kept" in text
    assert "bits/byte" not in text


def test_json_holds_everything_and_is_json(experiment: Path) -> None:
    value = json.loads(json.dumps(to_json(leaderboard([experiment]))))
    assert value["sentence"].startswith("heuristics-dedup-quality")
    (board,) = value["boards"]
    assert board["baseline"] == "no-filter"
    assert len(board["recipes"]) == 4
    assert {"a", "b", "domain", "difference", "low", "high", "verdict"} <= set(board["comparisons"][0])


@pytest.mark.parametrize(("value", "text"), [(0.0304, "+0.030"), (-0.0304, "−0.030"), (-0.0001, "+0.000")])
def test_signed(value: float, text: str) -> None:
    assert signed(value) == text
