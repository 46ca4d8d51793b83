from __future__ import annotations

import numpy as np
import pytest
from markup import elements

from assay.report.law_page import write_law_page
from assay.scaling.fit import fit_runs
from assay.scaling.runs import Runs
from scaling.conftest import TRUE, ladder

pytestmark = pytest.mark.filterwarnings("ignore::assay.scaling.checks.ScalingWarning")


@pytest.fixture(scope="module")
def fit():
    params, tokens, loss = ladder(noise=0.003)
    names = np.array([f"<b>run {n}</b>" for n in range(len(params))], dtype=object)
    error = 0.8 * np.exp(-8 * np.exp(-1.3 * loss))
    groups = np.full(len(params), "set", dtype=object)
    return fit_runs(Runs(names, groups, params, tokens, {"loss": loss}, {"avg": error}), "loss", "avg")


@pytest.fixture(scope="module")
def html(fit, tmp_path_factory):
    out = write_law_page(fit, fit.forecast(3e9, 6e10), tmp_path_factory.mktemp("laws") / "fit.html")
    return out.read_text(encoding="utf-8")


def test_the_forecast_comes_first_with_its_interval(html, fit):
    forecast = fit.forecast(3e9, 6e10)
    assert html.index(f"{forecast.loss:.3f}") < html.index("<main")
    assert abs(forecast.loss / TRUE.loss(3e9, 6e10) - 1) < 0.02


def test_four_charts_say_what_they_show(html):
    labels = [attributes["aria-label"] for _, attributes in elements(html) if "data-chart" in attributes]
    assert len(labels) == 4
    assert all("nan" not in label and len(label) > 40 for label in labels)


def test_names_bring_no_markup_and_nothing_is_loaded(html):
    assert "<b>run" not in html
    assert "&lt;b&gt;run" in html
    assert not any(attributes.get("src") for _, attributes in elements(html))


def test_without_a_forecast_and_errors(tmp_path):
    params, tokens, loss = ladder()
    runs = Runs(np.arange(24).astype(object), np.full(24, "set", dtype=object), params, tokens, {"loss": loss})
    text = write_law_page(fit_runs(runs, "loss"), None, tmp_path / "fit.html").read_text()
    assert text.count("data-chart=") == 2
