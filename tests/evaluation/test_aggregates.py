from __future__ import annotations

import gzip
import json

import pytest

from assay.base.errors import InputError
from assay.cli import invoke
from assay.evaluation import aggregate
from assay.evaluation.aggregates import aggregated_tasks, read_scores


@pytest.fixture(scope="module")
def published(shared_data):
    """DCLM's published evaluations."""
    with gzip.open(shared_data / "dclm_eval_results.json.gz", "rt") as file:
        return json.load(file)["evals"]


@pytest.fixture
def whole():
    """Scores of all 53 tasks, of a model that guesses."""
    return {name: task.baseline["v2"] for name, task in aggregated_tasks().items()}


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_aggregates_are_the_published_ones(published, version):
    compared = 0
    for record in published:
        found = aggregate(record["icl"], version)
        for value, key in [(found.core, f"Core_{version}"), (found.extended, f"Extended_{version}")]:
            recorded = record["recorded"].get(key)
            if isinstance(recorded, float):
                assert value == pytest.approx(recorded, abs=1e-9), (record["file"], key)
                compared += 1
            elif isinstance(recorded, str):
                assert value is None
        assert list(found.missing) == record["missing_tasks"]
        assert list(found.missing_core) == record["missing_core_tasks"]
        assert found.mmlu == record["MMLU"].get("mmlu_fewshot")
        if version == record["recorded"]["eval_version"]:
            categories = record["recorded"]["aggregated_task_categories_centered"]
            assert found.categories == pytest.approx(categories, abs=1e-9)
    assert compared >= 150


def test_there_are_22_core_tasks_and_12_corrected_baselines():
    tasks = aggregated_tasks().values()
    assert len(tasks) == 53
    assert sum(task.core for task in tasks) == 22
    assert sum(task.baseline["v1"] != task.baseline["v2"] for task in tasks) == 12


def test_missing_tasks_are_named_and_nothing_is_invented(whole):
    found = aggregate(whole)
    assert (found.core, found.extended, found.missing) == (0.0, 0.0, ())
    del whole["gpqa_main"]
    found = aggregate(whole)
    assert (found.core, found.extended, found.missing, found.missing_core) == (0.0, None, ("gpqa_main",), ())
    assert found.categories["world knowledge"] == 0.0
    for name in ("copa", "mmlu_fewshot"):
        del whole[name]
    found = aggregate(whole)
    assert (found.core, found.mmlu, found.missing_core) == (None, None, ("copa",))
    assert found.missing == ("mmlu_fewshot", "copa", "gpqa_main")
    assert aggregate({}).categories == {}


def test_other_tasks_do_not_count(whole):
    assert aggregate({**whole, "gsm8k": 1.0, "mine": 17.0}) == aggregate(whole)


@pytest.mark.parametrize(
    ("score", "message"),
    [(float("nan"), "the score is nan"), (None, "the score is None"), (81.0, "fractions, not percent"), (True, "True")],
)
def test_scores_that_are_none(whole, score, message):
    with pytest.raises(InputError, match=f"(?s)copa: .*{message}"):
        aggregate({**whole, "copa": score})
    with pytest.raises(InputError, match="unknown version 'v3'"):
        aggregate(whole, version="v3")


@pytest.mark.parametrize(
    "content",
    [
        {"name": "heavy", "eval_metrics": {"icl": {"copa": 0.75}, "perplexity": 2.1}},
        {"icl": {"copa": 0.75}},
        {"copa": 0.75},
        {
            "tasks": [
                {"task": "copa", "metric": "accuracy", "value": 0.75},
                {"task": "prose", "metric": "bits_per_byte", "value": 1.1},
            ]
        },
        {"kind": "evaluation", "metrics": {"scores": {"copa": 0.75}}},
    ],
)
def test_results_files(tmp_path, content):
    (tmp_path / "results.json").write_text(json.dumps(content))
    assert read_scores(tmp_path) == read_scores(tmp_path / "results.json") == {"copa": 0.75}


@pytest.mark.parametrize(
    ("content", "message"),
    [("[1, 2]", "holds no scores"), ("{", "not JSON"), ("{}", "holds no"), ('{"tasks": [3]}', "holds no")],
)
def test_files_without_results(tmp_path, content, message):
    path = tmp_path / "results.json"
    path.write_text(content)
    with pytest.raises(InputError, match=f"results.json: {message}"):
        read_scores(path)


def test_the_command(tmp_path, whole, capsys):
    path = tmp_path / "results.json"
    del whole["bbq"]
    path.write_text(json.dumps({"eval_metrics": {"icl": whole}}))
    assert invoke(["aggregate", str(path), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["core"], shown["extended"], shown["missing"]) == (0.0, None, ["bbq"])
    assert invoke(["aggregate", str(path), "--version", "v1"]) == 0
    shown = capsys.readouterr()
    assert "world knowledge" in shown.out
    assert "1 of the 53 tasks are missing: bbq" in shown.err
    assert invoke(["aggregate", str(tmp_path / "absent.json")]) == 2
