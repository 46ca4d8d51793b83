"""What recipes would keep, from statistics, is what they keep."""

from __future__ import annotations

import json

import pytest

from assay.base.errors import InputError
from assay.curation.engine import curate
from assay.curation.measure import measure
from assay.curation.recipe import load_recipe
from assay.curation.retention import compare, open_statistics, retention
from curation.curation_pools import make_pool, read_dataset


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    return make_pool(tmp_path_factory.mktemp("pool"))


@pytest.fixture(scope="module")
def statistics(pool, tmp_path_factory):
    folder = tmp_path_factory.mktemp("statistics") / "made"
    measure(pool, load_recipe("heuristics"), folder)
    return open_statistics(folder)


OTHER = ["page_length_filter.min_length=1", "word_length_filter.min_length=3.6", "stop_word_filter=off"]


def test_the_counts_are_those_of_the_dataset(pool, statistics, tmp_path):
    found = retention(statistics, statistics.recipe(OTHER))
    curate(pool, load_recipe("heuristics", OTHER), tmp_path / "out")
    funnel = json.loads((tmp_path / "out" / "funnel.json").read_text())
    assert [step.summary() for step in found.steps] == [
        {key: value for key, value in step.items() if key not in ("step", "kind")} for step in funnel["steps"]
    ]
    totals = ("documents_in", "documents_out", "bytes_in", "bytes_out")
    assert [getattr(found, name) for name in totals] == [funnel[name] for name in totals]


def test_two_recipes_differ_on_the_documents_that_only_one_keeps(pool, statistics, tmp_path):
    kept = []
    for name, changes in (("own", []), ("other", OTHER)):
        curate(pool, load_recipe("heuristics", changes), tmp_path / name)
        kept.append({row["id"] for row in read_dataset(tmp_path / name)})
    change = compare(statistics, statistics.recipe(), statistics.recipe(OTHER))
    assert (change.lost, change.gained) == (len(kept[0] - kept[1]), len(kept[1] - kept[0]))
    lost, gained = change.samples.dropped, change.samples.kept
    assert {each["id"] for each in lost} <= kept[0] - kept[1]
    assert {each["id"] for each in gained} == kept[1] - kept[0]
    assert {each["reason"] for each in lost} == {"mean word length < 3.6"}
    assert {(each["reason"], each["text"]) for each in gained} == {("words < 50", "too short")}


def test_what_statistics_cannot_tell_is_an_error(statistics):
    with pytest.raises(InputError, match="exact_dedup needs the documents"):
        retention(statistics, load_recipe("heuristics-dedup"))
    assert statistics.cover(load_recipe("heuristics-dedup"))
    changed = statistics.recipe(["page_length_filter.length_type=char"])
    assert not statistics.cover(changed)
