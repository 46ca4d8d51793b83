"""The order of the recipes, with and without a verdict."""

from __future__ import annotations

from pathlib import Path

import pytest
from report_experiment import RECIPE_MARKUP, RECIPES, build_dataset, build_pool, write_json

from assay.records.artifact import Identity, build
from assay.report.board import leaderboard


def test_with_a_verdict_the_board_is_the_verdicts(experiment: Path) -> None:
    board = leaderboard([experiment])
    assert board.sentence is not None
    assert board.boards[0].best == "heuristics-dedup-quality"
    assert [row.recipe for row in board.boards[0].recipes][-1] == "no-filter"
    found = board.boards[0].compared("no-filter", "heuristics-dedup-quality")
    assert found is not None
    assert found.verdict == "worse"


def test_without_a_verdict_the_scores_are_means_over_seeds_and_nothing_is_compared(experiment: Path) -> None:
    with_verdict = leaderboard([experiment]).boards[0]
    board = leaderboard([experiment / "runs", experiment / "evaluations"])
    (only,) = board.boards
    assert board.sentence is None
    assert only.scale == "lm-1m"
    assert only.comparisons == []
    assert [row.recipe for row in only.recipes] == [row.recipe for row in with_verdict.recipes]
    for row, expected in zip(only.recipes, with_verdict.recipes, strict=True):
        assert row.bits_per_byte == pytest.approx(expected.bits_per_byte)
        assert (row.seeds, row.kept_documents) == (expected.seeds, expected.kept_documents)
        assert row.by_seed == pytest.approx(expected.by_seed)


def test_a_recipe_scored_on_fewer_domains_has_no_overall_score(tmp_path: Path) -> None:
    for name, domains in (("both", ("a", "b")), ("half", ("a",))):
        with build(tmp_path / name, Identity("evaluation", name, {"of": name})) as draft:
            tasks = [{"task": domain, "metric": "bits_per_byte", "value": 1.0} for domain in domains]
            write_json(draft.folder / "results.json", {"tasks": tasks})
    rows = {row.recipe: row for board in leaderboard([tmp_path]).boards for row in board.recipes}
    assert rows["both"].bits_per_byte == 1.0
    assert rows["half"].bits_per_byte is None
    assert rows["half"].by_domain == {"a": 1.0}


def test_datasets_alone_are_listed_with_what_they_kept(tmp_path: Path) -> None:
    build_pool(tmp_path / "pool")
    build_dataset(tmp_path / "all", "all", RECIPES["no-filter"], tmp_path / "pool")
    (board,) = leaderboard([tmp_path]).boards
    assert board.best is None
    assert board.recipes[0].kept_documents > 1000


def test_runs_are_grouped_by_the_recipe_that_made_their_text(experiment: Path) -> None:
    (board,) = leaderboard([experiment / "runs"]).boards
    assert {row.recipe: row.seeds for row in board.recipes}[RECIPE_MARKUP] == 3
