"""A recipe minus each of its steps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from assay.cli import invoke
from assay.curation.engine import curate
from assay.curation.recipe import Recipe, load_recipe
from assay.experiments import ablate as module
from assay.experiments.ablate import ablate
from assay.experiments.plan import keep_pool
from assay.pools.columns import Columns
from assay.records.record import Record
from curation.curation_pools import make_pool
from small_experiment import write_experiment


def write_recipe(path, *steps):
    path.write_text(yaml.safe_dump({"name": path.stem, "steps": list(steps)}))
    return str(path)


@pytest.fixture
def pool(tmp_path) -> tuple[Record, Path]:
    make_pool(tmp_path / "pool")
    return keep_pool([str(tmp_path / "pool")], Columns(), tmp_path / "out")


def test_what_a_step_costs_is_what_there_is_without_it(pool, tmp_path):
    recipe = load_recipe("heuristics-dedup")
    found = ablate(*pool, recipe, tmp_path / "out", 1).to_json()
    assert [row["step"] for row in found["steps"]] == recipe.labels()
    for index, row in enumerate(found["steps"]):
        curate(pool[0], recipe.without(index), tmp_path / str(index))
        funnel = json.loads((tmp_path / str(index) / "funnel.json").read_text())
        assert found["documents"] + row["documents"] == funnel["documents_out"]
        assert found["bytes"] + row["bytes"] == funnel["bytes_out"]


def test_filters_alone_need_no_dataset(pool, tmp_path):
    found = ablate(*pool, load_recipe("heuristics", ["stop_word_filter.min_stop_word=0"]), tmp_path / "out", 1)
    assert not (tmp_path / "out" / "datasets").exists()
    notes = {variant.label: variant.note for variant in found.variants}
    assert notes["stop_word_filter"] == "drops nothing that the other steps keep"


def test_a_step_that_others_need_cannot_be_left_out(pool, tmp_path, monkeypatch):
    steps = [{"word_counter_enricher": {"key": "n"}}, {"quality_filter": {"key": "n", "threshold": 10}}]
    recipe = load_recipe(write_recipe(tmp_path / "needs.yaml", *steps))
    first, second = ablate(*pool, recipe, tmp_path / "out", 1).variants
    assert first.note.startswith("the recipe needs it: the documents have no 'n'")
    assert (second.documents, second.note) == (120, "")


def test_web_pages_keep_their_extraction():
    recipe = Recipe("pages", load_recipe("heuristics").steps)
    assert module._variant(recipe, 0, True).recipe is not None
    extraction = load_recipe("heuristics").steps[0][1]
    pages = Recipe("pages", (("html_extraction", extraction), *recipe.steps))
    assert module._variant(pages, 0, True).note == "web pages have no text without it"


@pytest.mark.slow
def test_training_tells_what_a_step_brings(tmp_path, capsys):
    """One step drops junk, the other nothing that the first keeps."""
    write_experiment(tmp_path)
    recipe = write_recipe(tmp_path / "two.yaml", {"stop_word_filter": {"min_stop_word": 2}}, "bullet_count_filter")
    command = ["ablate", recipe, "--pool", str(tmp_path / "pool0.jsonl"), "--out", str(tmp_path / "out"), "--json"]
    command += ["--train", str(tmp_path / "tiny.yaml"), "--suite", str(tmp_path / "suite.yaml"), "--seeds", "2"]
    assert invoke([*command, "--workers", "1"]) == 0
    shown = json.loads(capsys.readouterr().out)
    first, second = shown["steps"]
    assert (shown["documents"], first["documents"]) == (80, 20)
    assert first["brings"]["low"] < first["brings"]["difference"] < first["brings"]["high"]
    assert (second["documents"], second["brings"]) == (0, None)
    assert (tmp_path / "out" / "report.html").exists()
    assert invoke(["run", str(tmp_path / "out" / "experiment.yaml"), "--dry-run", "--json"]) == 0
    assert all(stage["done"] for stage in json.loads(capsys.readouterr().out)["stages"])
