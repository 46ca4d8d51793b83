"""The page in a real browser: charts are drawn, samples can be read, nothing in them runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import VIEWS, Opened, opened
from report_experiment import POISON, RECIPE_MARKUP

from assay.report.page import write_report


@pytest.fixture(scope="module")
def report(experiment: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report([experiment], tmp_path_factory.mktemp("browser") / "report.html")


@pytest.fixture(scope="module", params=VIEWS)
def view(request: pytest.FixtureRequest, browser: Any, report: Path) -> Iterator[Opened]:
    with opened(browser, report, **VIEWS[request.param]) as found:
        yield found


@pytest.fixture(scope="module")
def shared(browser: Any, report: Path) -> Iterator[Opened]:
    with opened(browser, report, **VIEWS["wide"]) as found:
        yield found


@pytest.fixture
def page(shared: Opened) -> Iterator[Any]:
    """The page as the test before left it; afterwards it must have said nothing."""
    yield shared.page
    assert shared.events == []


def test_charts_are_drawn_without_a_word_and_nothing_scrolls_sideways(view: Opened) -> None:
    boxes = [chart.bounding_box() for chart in view.page.query_selector_all("[data-chart] svg")]
    assert len(boxes) == len(view.page.query_selector_all("[data-chart]")) == 8
    assert all(box["width"] > 200 and box["height"] > 80 for box in boxes)
    assert view.page.evaluate("document.querySelectorAll('[data-chart] .mark-line path').length") == 12
    assert view.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert view.events == []


@pytest.mark.parametrize("view", ["dark"], indirect=True)
def test_dark_pages_have_light_ink_also_in_charts(view: Opened) -> None:
    def lightness(selector: str, name: str) -> int:
        colour = view.page.evaluate(f"getComputedStyle(document.querySelector({selector!r})).{name}")
        return sum(map(int, re.findall(r"\d+", colour)[:3])) // 3

    assert lightness("html", "backgroundColor") < 60
    assert lightness("h1", "color") > 180
    assert lightness("[data-chart] .mark-text.role-mark text", "fill") > 180


def step(page: Any, recipe: str, name: str) -> Any:
    """The funnel of a recipe, after a click on one of its steps."""
    funnel = page.locator(".funnel").filter(has=page.get_by_role("heading", name=recipe, exact=True))
    funnel.get_by_role("button", name=name, exact=True).click()
    return funnel.locator(".samples")


def test_a_click_on_a_step_shows_what_it_dropped_and_kept(page: Any) -> None:
    samples = step(page, RECIPE_MARKUP, "word_count_filter")
    assert samples.get_by_role("heading").inner_text() == "word_count_filter"
    assert samples.get_by_role("button", name="dropped").get_attribute("aria-pressed") == "true"
    assert "word_count < 8" in samples.locator("li .about").first.inner_text()
    assert samples.get_by_role("status").inner_text() == "1–3 of 50"
    first = samples.locator("ol").inner_text()
    samples.get_by_role("button", name="Later samples").click()
    assert samples.get_by_role("status").inner_text() == "4–6 of 50"
    assert samples.locator("ol").inner_text() != first
    samples.get_by_role("button", name="kept").click()
    assert samples.get_by_role("status").inner_text() == "1–3 of 50"
    assert "word_count < 8" not in samples.locator("li .about").first.inner_text()


def test_it_works_by_keyboard_alone(page: Any) -> None:
    button = page.get_by_role("button", name="alphabetic_filter").last
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    panel = page.locator(f"#{button.get_attribute('aria-controls')}")
    assert panel.get_by_role("heading").inner_text() == "alphabetic_filter"


def test_poisoned_documents_are_shown_as_they_are_and_do_nothing(page: Any) -> None:
    samples = step(page, RECIPE_MARKUP, "html_extraction")
    texts: list[str] = []
    for _ in range(4):
        texts += samples.locator(".text").all_text_contents()
        samples.get_by_role("button", name="Later samples").click()
    shown = {name: text for name, text in POISON.items() if text in texts}
    assert set(POISON) - set(shown) == {"poison/combining", "poison/surrogate"}
    assert any(text == "a" + "\u0301" * 998 + "…" for text in texts)
    assert any(text.startswith("half a pair") for text in texts)
    assert page.evaluate("document.querySelectorAll('main img, main script, main style, h3 b').length") == 0
    assert page.evaluate("getComputedStyle(document.body).display") == "block"


def test_combining_characters_stay_in_their_box(page: Any) -> None:
    samples = step(page, RECIPE_MARKUP, "html_extraction")
    samples.get_by_role("button", name="Later samples").click()
    box = samples.locator(".text", has_text="a\u0301").first.bounding_box()
    assert box["height"] < 200
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_tooltips_show_names_literally(page: Any) -> None:
    chart = page.locator("[data-chart]").nth(3)
    chart.scroll_into_view_if_needed()
    for point in chart.locator(".mark-symbol path").all():
        point.hover(force=True)
        if RECIPE_MARKUP in page.locator("#vg-tooltip-element").inner_text():
            break
    else:
        pytest.fail("no tooltip names the recipe")
    assert page.evaluate("document.querySelectorAll('#vg-tooltip-element b').length") == 0


def test_a_dataset_alone_is_a_page_too(experiment: Path, browser: Any, tmp_path: Path) -> None:
    out = write_report([experiment / "datasets" / "heuristics"], tmp_path / "report.html")
    with opened(browser, out) as alone:
        assert json.loads(alone.page.locator("#chart-data").text_content())["specs"] == []
        assert alone.page.locator(".samples li .text").count() == 3
        assert alone.events == []
