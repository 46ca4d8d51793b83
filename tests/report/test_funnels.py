"""The rows of a funnel."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.report.funnels import page_data, step_rows
from assay.report.gather import gather


def test_what_is_left_and_lost_adds_up_from_step_to_step(experiment: Path) -> None:
    (dataset,) = gather([experiment / "datasets" / "heuristics-dedup-quality"]).datasets
    rows = step_rows(dataset)
    before = 100.0
    for row in rows:
        assert row.left + row.lost == pytest.approx(before)
        assert row.dropped == sum(row.count.reasons.values())
        before = row.left
    assert rows[0].dropped == 0
    assert rows[0].dropped_share == "0 %"


def test_the_page_knows_the_reasons_of_each_step(experiment: Path) -> None:
    gathered = gather([experiment / "datasets" / "heuristics-dedup"])
    (steps,) = page_data(gathered.datasets)["datasets"]
    assert [step["name"] for step in steps][-1] == "exact_dedup"
    assert steps[-1]["reasons"][0][0] == "seen before"
