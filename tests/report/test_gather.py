"""What belongs together is found by records, wherever the folders lie."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from report_experiment import RECIPE_MARKUP, RECIPES, build_dataset, build_pool, build_run

from assay.base.errors import InputError
from assay.records.artifact import Identity, build
from assay.records.record import read_record
from assay.report.gather import gather


def kinds(gathered) -> list[str]:
    return [each.record.kind for each in gathered.artifacts]


def test_an_experiment_is_linked_from_the_verdict_to_the_pool(experiment: Path) -> None:
    gathered = gather([experiment])
    assert gathered.verdict is not None
    assert kinds(gathered)[0] == "verdict"
    assert kinds(gathered)[-1] == "pool"
    assert {run.recipe for run in gathered.runs} == {each.record.name for each in gathered.datasets}
    assert {each.recipe for each in gathered.evaluations} >= {"no-filter", RECIPE_MARKUP}
    assert gathered.left_out == 0


def test_a_run_alone_brings_its_dataset_but_no_other(experiment: Path) -> None:
    gathered = gather([experiment / "runs" / "heuristics-lm-1m-seed1"])
    assert [run.recipe for run in gathered.runs] == [RECIPE_MARKUP]
    assert [run.seed for run in gathered.runs] == ["1"]
    assert [dataset.recipe for dataset in gathered.datasets] == [RECIPE_MARKUP]
    assert kinds(gathered) == ["run", "tokens", "dataset", "pool"]


def test_a_run_whose_sources_are_gone_goes_by_its_own_name(experiment: Path, tmp_path: Path) -> None:
    shutil.copytree(experiment / "runs" / "heuristics-lm-1m-seed1", tmp_path / "lonely")
    gathered = gather([tmp_path])
    assert [run.recipe for run in gathered.runs] == ["heuristics-lm-1m-seed1"]
    assert gathered.datasets == []


def test_what_the_verdict_does_not_rest_on_is_counted_not_shown(experiment: Path, tmp_path: Path) -> None:
    shutil.copytree(experiment, tmp_path / "copy")
    build_dataset(tmp_path / "copy" / "datasets" / "old", "old", RECIPES["heuristics"][:1], tmp_path / "copy" / "pool")
    gathered = gather([tmp_path / "copy"])
    assert gathered.left_out == 1
    assert "old" not in {dataset.recipe for dataset in gathered.datasets}


def test_a_folder_named_beside_the_experiment_is_shown_too(experiment: Path, tmp_path: Path) -> None:
    build_pool(tmp_path / "pool")
    build_dataset(tmp_path / "mine", "mine", RECIPES["heuristics"][:1], tmp_path / "pool")
    gathered = gather([experiment, tmp_path / "mine"])
    assert "mine" in {dataset.recipe for dataset in gathered.datasets}


def test_two_names_for_the_same_recipe_stay_two(tmp_path: Path) -> None:
    pool = tmp_path / "pool"
    build_pool(pool)
    for name in ("first", "second"):
        dataset, tokens = tmp_path / "datasets" / name, tmp_path / "tokens" / name
        build_dataset(dataset, name, RECIPES["no-filter"], pool)
        with build(tokens, Identity("tokens", name, {}, {read_record(dataset).id: dataset})):
            pass
        build_run(tmp_path / "runs" / name, "no-filter", 0, tokens, name)
    assert [run.recipe for run in gather([tmp_path]).runs] == ["first", "second"]


def test_two_datasets_of_one_name_are_told_apart(tmp_path: Path) -> None:
    build_pool(tmp_path / "pool")
    for folder, steps in (("before", RECIPES["heuristics"][:1]), ("after", RECIPES["heuristics"][:2])):
        build_dataset(tmp_path / folder, "mine", steps, tmp_path / "pool")
    names = {dataset.recipe for dataset in gather([tmp_path]).datasets}
    assert len(names) == 2
    assert all(name.startswith("mine ") for name in names)


def test_a_folder_without_artifacts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no artifact of assay") as caught:
        gather([tmp_path])
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    ("line", "problem"),
    [("{", "not valid JSON"), (json.dumps({"step": 0, "outcome": "lost", "id": "a", "text": ""}), "outcome")],
)
def test_a_broken_file_is_named_with_its_line(tmp_path: Path, line: str, problem: str) -> None:
    build_pool(tmp_path / "pool")
    build_dataset(tmp_path / "mine", "mine", RECIPES["heuristics"], tmp_path / "pool")
    samples = tmp_path / "mine" / "samples.jsonl"
    first = samples.read_bytes().split(b"\n")[0]
    samples.write_bytes(first + b"\n" + line.encode() + b"\n")
    (dataset,) = gather([tmp_path / "mine"]).datasets
    with pytest.raises(InputError, match=problem) as caught:
        _ = dataset.samples
    assert f"{samples}:2" in str(caught.value)
