"""The page with the sliders: what it shows is what the recipe with these bounds keeps."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from browsing import VIEWS, opened
from markup import elements
from report_experiment import POISON

from assay.curation.measure import measure
from assay.curation.recipe import load_recipe
from assay.curation.retention import Statistics, open_statistics, retention
from assay.pools.columns import Columns
from assay.pools.pool import describe_pool
from assay.report.thresholds import write_thresholds
from curation.curation_pools import prose, write_jsonl


@pytest.fixture(scope="module")
def statistics(tmp_path_factory: pytest.TempPathFactory) -> Statistics:
    folder = tmp_path_factory.mktemp("statistics")
    rows = [{"id": f"p{n}", "text": (prose(n) + "\n") * (1 + n % 3) + "of the " * (n % 40)} for n in range(300)]
    rows += [{"id": id_, "text": text[:5000]} for id_, text in POISON.items() if "surrogate" not in id_]
    pool = describe_pool([str(write_jsonl(folder / "pool.jsonl", rows))], Columns())
    measure(pool, load_recipe("heuristics"), folder / "made")
    return open_statistics(folder / "made")


@pytest.fixture(scope="module")
def page(statistics: Statistics, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_thresholds(statistics, statistics.recipe(), tmp_path_factory.mktemp("page") / "new" / "page.html")


def test_the_same_statistics_give_the_same_bytes_without_markup(statistics, page: Path, tmp_path: Path) -> None:
    html = page.read_text(encoding="utf-8")
    assert write_thresholds(statistics, statistics.recipe(), tmp_path / "page.html").read_text(encoding="utf-8") == html
    assert all(poison[:40] not in html for poison in POISON.values() if "<" in poison)
    assert [tag for tag, attributes in elements(html) if "src" in attributes or tag == "img"] == []


def kept(shown: Any) -> int:
    return int(shown.locator("#kept-count").inner_text().split()[0].replace(",", ""))


@pytest.mark.parametrize("view", VIEWS)
def test_it_shows_what_the_bounds_keep_and_how_to_set_them(browser: Any, statistics, page: Path, view: str) -> None:
    with opened(browser, page, **VIEWS[view]) as found:
        shown = found.page
        assert kept(shown) == retention(statistics, statistics.recipe()).documents_out
        slider = shown.get_by_label("maximum of mean word length")
        slider.focus()
        for key in ("PageDown", "PageDown", "ArrowRight"):
            shown.keyboard.press(key)
        shown.get_by_label("minimum of words").evaluate(
            "slider => { slider.value = 500; slider.dispatchEvent(new Event('input')); }"
        )
        shown.get_by_label("maximum of share of characters in repeated 5-grams").focus()
        shown.keyboard.press("PageUp")
        shown.locator("#step-4").get_by_label("in use").uncheck()
        changes = [word for word in shlex.split(shown.locator("#command code").inner_text()) if word != "--set"]
        assert [change.partition("=")[0] for change in changes] == [
            "page_length_filter.min_length",
            "word_length_filter.max_length",
            "stop_word_filter",
            "massive_web_repetition_filters.max_ngram_fractions",
        ]
        assert kept(shown) == retention(statistics, statistics.recipe(changes)).documents_out
        assert shown.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        shown.get_by_role("button", name="as in the recipe").click()
        assert kept(shown) == retention(statistics, statistics.recipe()).documents_out
        assert not shown.locator("#command").is_visible()
        assert found.events == []


def test_documents_on_both_sides_of_a_bound_are_shown_nearest_first(browser: Any, page: Path) -> None:
    with opened(browser, page, **VIEWS["wide"]) as found:
        card = found.page.locator("#step-0 .rule").first
        card.get_by_role("button", name="documents at the bounds").click()
        halves = found.page.locator("#step-0 .beside .samples")
        values = [[float(each) for each in half.locator("b").all_inner_texts()] for half in halves.all()]
        assert values[0] == sorted(values[0], reverse=True)
        assert max(values[0]) < 50 <= min(values[1])
        assert POISON["poison/script"] in halves.nth(0).locator(".text").all_text_contents()
        assert found.page.evaluate("document.querySelectorAll('main img, main script').length") == 0
        assert found.events == []
