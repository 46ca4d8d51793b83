"""The page as a file; tests/report/test_browser.py opens it."""

from __future__ import annotations

from pathlib import Path

import pytest
from markup import elements
from report_experiment import POISON, RECIPE_MARKUP

from assay.report.page import write_report


@pytest.fixture(scope="module")
def html(experiment: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    out = write_report([experiment], tmp_path_factory.mktemp("page") / "new" / "report.html")
    return out.read_text(encoding="utf-8")


def test_the_verdict_comes_first_with_its_method(html: str) -> None:
    assert (
        html.index("<h1")
        < html.index("lower than no-filter (95% interval")
        < html.index("hierarchical bootstrap")
        < html.index("<table")
    )


def test_it_is_small_enough(html: str) -> None:
    assert len(html.encode()) < 3_000_000


def test_nothing_is_loaded_from_anywhere(html: str) -> None:
    found = elements(html)
    sources = [attributes.get("src") for _, attributes in found]
    links = [attributes["href"] or "" for _, attributes in found if "href" in attributes]
    assert not any(sources)
    assert links
    assert all(link.startswith(("#", "data:")) for link in links)


def test_documents_bring_no_markup(html: str) -> None:
    assert all(poison[:40] not in html for name, poison in POISON.items() if "<" in poison)
    assert RECIPE_MARKUP not in html
    assert "&lt;b&gt;bold&lt;/b&gt;" in html
    tags = [tag for tag, _ in elements(html)]
    assert tags.count("script") == 4
    assert tags.count("style") == 1
    assert "img" not in tags


def test_records_are_there_with_the_chain(html: str) -> None:
    found = elements(html)
    ids = {attributes["id"] for _, attributes in found if "id" in attributes}
    chain = [
        attributes["href"] or "" for tag, attributes in found if tag == "a" and len(attributes["href"] or "") == 65
    ]
    assert len(chain) > 30
    assert all(link[1:] in ids for link in chain)


def test_rows_that_are_in_no_step_are_accounted_for(html: str) -> None:
    assert "2 × not valid &lt;JSON&gt;" in html
    assert "7 × request" in html


def test_every_table_has_a_caption_and_every_chart_a_description(html: str) -> None:
    found = elements(html)
    tags = [tag for tag, _ in found]
    assert tags.count("table") == tags.count("caption") > 4
    charts = [attributes for _, attributes in found if "data-chart" in attributes]
    assert len(charts) == 8
    assert all(attributes["role"] == "img" and len(attributes["aria-label"] or "") > 30 for attributes in charts)


def test_the_same_folders_give_the_same_bytes(experiment: Path, html: str, tmp_path: Path) -> None:
    again = write_report([experiment], tmp_path / "report.html")
    assert again.read_text(encoding="utf-8") == html


@pytest.mark.parametrize("part", ["datasets/heuristics", "runs/no-filter-lm-1m-seed0", "pool", "tokens/no-filter"])
def test_a_part_of_an_experiment_makes_a_page(experiment: Path, tmp_path: Path, part: str) -> None:
    html = write_report([experiment / part], tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<h1" in html
    assert "differences-title" not in html
    assert ("recipes-title" in html) == part.startswith("runs")
    assert ("losses-title" in html) == part.startswith("runs")
    assert ('class="funnel"' in html) == part.startswith(("datasets", "runs"))
