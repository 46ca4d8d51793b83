"""measure → inspect → curate, as commands."""

from __future__ import annotations

import json

import pytest

from assay.cli import invoke
from curation.curation_pools import make_pool


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("look")
    make_pool(folder / "pool")
    arguments = ["--pool", str(folder / "pool"), "--recipe", "heuristics", "--workers", "1"]
    assert invoke(["measure", *arguments, "--out", str(folder / "statistics")]) == 0
    assert invoke(["curate", *arguments, "--out", str(folder / "dataset")]) == 0
    return folder


def shown(capsys, *arguments: str):
    capsys.readouterr()
    assert invoke([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_bound_is_moved_looked_at_and_curated_with(made, tmp_path, capsys):
    change = ["--set", "page_length_filter.min_length=1", "--set", "stop_word_filter=off"]
    found = shown(capsys, "inspect", str(made / "statistics"), *change, "-n", "2")
    assert (found["lost"], found["gained"], len(found["samples"]["gained"])) == (0, 30, 2)
    assert {step["step"]: step["after"] for step in found["steps"]}["stop_word_filter"] is None
    arguments = ["--pool", str(made / "pool"), "--recipe", "heuristics", "--out", str(tmp_path / "out")]
    dataset = shown(capsys, "curate", *arguments, *change, "--statistics", str(made / "statistics"))
    assert dataset["documents_out"] == found["after"]["documents_out"] == 120


def test_tables_for_people(made, capsys):
    assert invoke(["inspect", str(made / "statistics"), "--set", "page_length_filter.min_length=1"]) == 0
    text = capsys.readouterr().out
    assert "0 documents lost, 0 gained" in text
    assert invoke(["inspect", str(made / "dataset"), "--step", "page_length_filter", "--dropped", "-n", "1"]) == 0
    text = capsys.readouterr().out
    assert "dropped 30 of 120: words < 50 (30)" in text
    assert "too short" in text
    assert invoke(["ablate", "heuristics", "--pool", str(made / "pool"), "--out", str(made / "ablation")]) == 0
    assert "drops nothing that the other steps keep" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["statistics", "dataset"])
def test_pages(made, tmp_path, name):
    assert invoke(["inspect", str(made / name), "--page", str(tmp_path / "page.html")]) == 0
    assert (tmp_path / "page.html").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["dataset", "--set", "a.b=1"], "--set is for statistics"),
        (["statistics", "--step", "page_length_filter"], "are for datasets"),
        (["statistics", "--set", "page_length_filter.length_type=char"], "'chars' was not measured here"),
        (["statistics", "--set", "x.y=1"], "unknown step of the recipe 'x'"),
        (["dataset", "--step", "x"], "unknown step of this dataset 'x'"),
    ],
)
def test_what_cannot_be_looked_at_is_an_error(made, capsys, arguments, message):
    assert invoke(["inspect", str(made / arguments[0]), *arguments[1:]]) == 2
    assert message in capsys.readouterr().err
