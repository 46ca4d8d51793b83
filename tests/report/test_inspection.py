"""Samples of a dataset, found by step, outcome and words; and the page of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from browsing import VIEWS, opened
from markup import elements
from report_experiment import POISON, RECIPE_MARKUP

from assay.base.errors import InputError
from assay.report.inspection import inspect, open_dataset, write_inspection


@pytest.fixture(scope="module")
def dataset(experiment: Path):
    return open_dataset(experiment / "datasets" / "heuristics")


def test_each_step_has_what_it_dropped_and_kept(dataset) -> None:
    found = inspect(dataset, number=2)
    assert [each.label for each in found] == [count.step for count in dataset.funnel.steps]
    assert all(len(each.kept) == 2 for each in found)
    (one,) = inspect(dataset, "word_count_filter", outcome="dropped", number=100)
    assert len(one.dropped) == 50
    assert one.kept == []
    assert {each.reason for each in one.dropped} == {"word_count < 8"}


def test_words_are_searched_in_text_address_and_reason(dataset) -> None:
    (one,) = inspect(dataset, "word_count_filter", search="VERSION 1", number=100)
    assert one.dropped
    assert all("Version 1" in each.text for each in one.dropped)
    (one,) = inspect(dataset, "word_count_filter", search="word_count <", number=100)
    assert (len(one.dropped), len(one.kept)) == (50, 0)


def test_a_step_that_is_not_there_is_an_error_with_near_misses(dataset) -> None:
    with pytest.raises(InputError, match="unknown step of this dataset 'word_count'\nhint: did you mean word_count_f"):
        inspect(dataset, "word_count")


def test_something_else_than_a_dataset_is_an_error(experiment: Path) -> None:
    with pytest.raises(InputError, match="holds a pool, where a dataset is needed"):
        open_dataset(experiment / "pool")


@pytest.fixture(scope="module")
def page(dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_inspection(dataset, tmp_path_factory.mktemp("page") / "new" / "page.html")


def test_documents_bring_no_markup_and_the_same_dataset_gives_the_same_bytes(dataset, page: Path, tmp_path) -> None:
    html = page.read_text(encoding="utf-8")
    assert all(poison[:40] not in html for poison in POISON.values() if "<" in poison)
    assert [tag for tag, attributes in elements(html) if "src" in attributes or tag == "img"] == []
    assert write_inspection(dataset, tmp_path / "page.html").read_text(encoding="utf-8") == html


@pytest.mark.parametrize("view", VIEWS)
def test_a_step_and_a_search_show_what_matches_on_both_sides(browser: Any, page: Path, view: str) -> None:
    with opened(browser, page, **VIEWS[view]) as found:
        shown = found.page
        shown.get_by_role("button", name="word_count_filter").click()
        halves = shown.locator("[data-outcome]")
        assert halves.nth(0).get_by_role("heading").inner_text() == "dropped: 50 sampled"
        shown.get_by_label("Search the samples of this step").fill("version 1")
        assert halves.nth(0).locator("mark").first.inner_text() == "Version 1"
        assert halves.nth(0).locator("li").count() == halves.nth(0).locator("li:has(mark)").count() > 0
        shown.get_by_label("in all steps").check()
        shown.get_by_label("Search the samples of this step").fill("onerror")
        assert POISON["poison/script"] in halves.nth(1).locator(".text").all_text_contents()
        assert shown.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert shown.evaluate("document.querySelectorAll('main img, main script').length") == 0
        assert found.events == []


def test_a_recipe_with_markup_for_a_name_is_shown_as_it_is(page: Path) -> None:
    assert RECIPE_MARKUP not in page.read_text(encoding="utf-8")
