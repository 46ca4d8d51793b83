from __future__ import annotations

import json

import pytest
import yaml

from assay.base.errors import InputError
from assay.evaluation import evaluate as module
from assay.evaluation.bits_per_byte import BitsPerByte
from assay.evaluation.evaluate import evaluate
from assay.evaluation.predictions import read_predictions
from assay.evaluation.suite import evaluation_identity, load_suite
from assay.records.record import read_record
from assay.records.verify import verify
from evaluation.conftest import TEXTS, make_run, write_rows


@pytest.fixture
def suite(tmp_path):
    write_rows(tmp_path / "prose.jsonl", [{"text": text, "id": f"d{n}"} for n, text in enumerate(TEXTS[:3])])
    write_rows(tmp_path / "ores.jsonl", [{"text": "iron and copper \u2028 and more"}])
    rows = [{"query": f"{n} is", "choices": ["a metal", "bread"], "gold": n % 2} for n in range(8)]
    write_rows(tmp_path / "choice.jsonl", rows)
    tasks = [
        {"name": "prose", "type": "bits_per_byte", "data": "prose.jsonl"},
        {"name": "choice", "type": "multiple_choice", "data": "choice.jsonl", "num_fewshot": 2, "baseline": 0.5},
        {"name": "ores", "type": "bits_per_byte", "data": "ores.jsonl"},
    ]
    (tmp_path / "suite.yaml").write_text(yaml.safe_dump({"name": "mixed", "tasks": tasks}))
    return load_suite(tmp_path / "suite.yaml")


def lines(path):
    return [json.loads(line) for line in path.read_text().split("\n") if line]


def test_the_evaluation_of_a_run(tmp_path, run, suite):
    out = tmp_path / "evaluation"
    record = evaluate(run, suite, out, threads=1)
    assert record.id == evaluation_identity({read_record(run).id: run}, suite).id
    assert record.config == {"suite": suite.identity()}
    results = json.loads((out / "results.json").read_text())["tasks"]
    assert [(r["task"], r["type"], r["metric"], r["documents"], r["higher_is_better"]) for r in results] == [
        ("prose", "bits_per_byte", "bits_per_byte", 3, False),
        ("choice", "multiple_choice", "accuracy", 8, True),
        ("ores", "bits_per_byte", "bits_per_byte", 1, False),
    ]
    documents = lines(out / "documents.jsonl")
    assert [(row["task"], row["id"]) for row in documents] == [("prose", f"d{n}") for n in range(3)] + [("ores", "0")]
    prose = [row for row in documents if row["task"] == "prose"]
    assert results[0]["value"] == pytest.approx(sum(r["bits"] for r in prose) / sum(r["bytes"] for r in prose))
    predictions = read_predictions(out)["choice"]
    assert sum(row["correct"] for row in predictions) / 8 == results[1]["value"]
    assert record.metrics["scores"] == {r["task"]: r["value"] for r in results}
    assert [results[n]["stderr"] is None for n in range(3)] == [False, False, True]
    assert all(finding.holds for finding in verify([out]))
    assert evaluate(run, suite, out) == record


def test_finished_tasks_are_not_scored_again(tmp_path, run, suite, monkeypatch):
    whole = tmp_path / "whole"
    evaluate(run, suite, whole, threads=1)
    asked = []
    measure = BitsPerByte.measure

    def interrupted(task, scorer):
        asked.append(task.name)
        if task.name == "ores" and len(asked) == 2:
            raise KeyboardInterrupt
        return measure(task, scorer)

    monkeypatch.setattr(BitsPerByte, "measure", interrupted)
    with pytest.raises(KeyboardInterrupt):
        evaluate(run, suite, tmp_path / "out", threads=1)
    assert not (tmp_path / "out").exists()
    evaluate(run, suite, tmp_path / "out", threads=1)
    assert asked == ["prose", "ores", "ores"]
    for name in ("results.json", "documents.jsonl", "predictions.parquet"):
        assert (tmp_path / "out" / name).read_bytes() == (whole / name).read_bytes()


def test_threads_are_put_back(tmp_path, run, suite, monkeypatch):
    import torch

    before = torch.get_num_threads()
    seen = []
    score = module.score_suite
    monkeypatch.setattr(module, "score_suite", lambda *given: (seen.append(torch.get_num_threads()), score(*given)))
    evaluate(run, suite, tmp_path / "out", threads=before + 1)
    assert (seen, torch.get_num_threads()) == ([before + 1], before)


def test_only_runs_are_evaluated(tmp_path, run, suite):
    evaluate(run, suite, tmp_path / "out")
    with pytest.raises(InputError, match="holds a evaluation, where a run is needed"):
        evaluate(tmp_path / "out", suite, tmp_path / "again")


def test_another_run_does_not_fit_the_folder(tmp_path, run, suite):
    evaluate(run, suite, tmp_path / "out")
    with pytest.raises(InputError, match="holds another evaluation"):
        evaluate(make_run(tmp_path / "run", seed=1), suite, tmp_path / "out")
