"""Values at their places among the stops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import assay.report.survey as module
from assay.curation.measure import measure
from assay.curation.recipe import load_recipe
from assay.curation.retention import open_statistics
from assay.report.survey import UNDEFINED, places, survey
from curation.curation_pools import make_pool

NUMBERS = st.floats(-1e6, 1e6) | st.integers(-5, 5).map(float)


@given(
    values=st.lists(NUMBERS | st.just(np.nan), max_size=30),
    stops=st.lists(NUMBERS, min_size=1, max_size=20, unique=True).map(sorted),
    data=st.data(),
)
def test_comparing_places_is_comparing_values(values, stops, data):
    found = places(np.array(values, np.float64), np.array(stops))
    k = data.draw(st.integers(0, len(stops) - 1))
    for value, place in zip(values, found, strict=True):
        assert (place == UNDEFINED) == np.isnan(value)
        if place != UNDEFINED:
            assert (place <= 2 * k + 1) == (value <= stops[k])
            assert (place >= 2 * k + 1) == (value >= stops[k])


@pytest.fixture(scope="module")
def statistics(tmp_path_factory):
    folder = tmp_path_factory.mktemp("statistics")
    measure(make_pool(folder / "pool"), load_recipe("heuristics"), folder / "made")
    return open_statistics(folder / "made")


def test_every_document_is_counted_and_bounds_are_stops(statistics):
    rules, sample = survey(statistics, statistics.screens(statistics.recipe()))
    assert len(rules) == 18
    assert all(each.counts.sum() == 120 and len(each.stops) < 127 for each in rules)
    words = rules[0]
    assert {50, 100_000} <= set(words.stops)
    assert words.counts[: 2 * list(words.stops).index(50)].sum() == 30
    assert sample.places.shape == (18, 120)
    assert np.array_equal(np.bincount(sample.places[0], minlength=256), words.counts)


def test_a_large_pool_is_sampled(statistics, monkeypatch):
    monkeypatch.setattr(module, "SAMPLE", 50)
    rules, sample = survey(statistics, statistics.screens(statistics.recipe()))
    assert rules[0].counts.sum() == 120
    assert 30 < len(sample.rows) <= 50
    assert np.all(np.diff(sample.rows) > 0)
