from __future__ import annotations

import json

import pytest
import yaml

from assay.cli import invoke
from evaluation.conftest import make_run, write_rows


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A run, and a file of DCLM's kind with a task of each type and one without data."""
    monkeypatch.chdir(tmp_path)
    make_run(tmp_path / "run")
    rows = {
        "copa": {"query": "the river is", "choices": ["wide", "bread"], "gold": 0},
        "winograd": {"context_options": ["the ore", "the bread"], "continuation": "is iron.", "gold": 0},
        "lambada_openai": {"context": "past the", "continuation": "town"},
        "piqa": {"query": "the well is", "choices": ["cold", "sold"], "gold": 0},
    }
    types = {"winograd": "schema", "lambada_openai": "language_modeling"}
    for name, row in rows.items():
        write_rows(tmp_path / "data" / f"{name}.jsonl", [row] * 3)
    tasks = [
        {
            "label": name,
            "dataset_uri": f"local_data/{name}.jsonl",
            "num_fewshot": [1],
            "icl_task_type": types.get(name, "multiple_choice"),
        }
        for name in rows
    ]
    (tmp_path / "heavy.yaml").write_text(yaml.safe_dump({"max_seq_len": 2048, "icl_tasks": tasks}))
    (tmp_path / "data" / "piqa.jsonl").unlink()
    return tmp_path


EVALUATE = ["evaluate", "--run", "run", "--suite", "heavy.yaml", "--data", "data", "--threads", "1"]


def test_a_file_of_dclm_from_the_run_to_the_aggregate(folder, capsys):
    assert invoke([*EVALUATE, "--out", "scores", "--skip-missing", "--json"]) == 0
    shown = capsys.readouterr()
    assert "left out, for want of their data: piqa (local_data/piqa.jsonl)" in shown.err
    tasks = json.loads(shown.out)["tasks"]
    assert [(task["task"], task["metric"], task["documents"], task["baseline"]) for task in tasks] == [
        ("copa", "accuracy", 3, 0.5),
        ("winograd", "accuracy", 3, 0.5),
        ("lambada_openai", "accuracy", 3, 0.0),
    ]
    assert invoke(["aggregate", "scores", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["core"], found["extended"], len(found["missing"])) == (None, None, 50)
    assert set(found["centered"]) == {"copa", "winograd", "lambada_openai"}


def test_only_the_named_tasks(folder, capsys):
    assert invoke([*EVALUATE, "--out", "scores", "--tasks", "winograd", "copa", "--json"]) == 0
    assert [task["task"] for task in json.loads(capsys.readouterr().out)["tasks"]] == ["winograd", "copa"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            EVALUATE,
            "of piqa (local_data/piqa.jsonl)\nhint: say where they are with --data DIR; get those of the catalog",
        ),
        ([*EVALUATE, "--tasks", "winogrand"], "unknown task 'winogrand'\nhint: did you mean winograd?"),
        (["evaluate", "--run", "run"], "name a suite\nhint: --suite core"),
        ([*EVALUATE, "--harness", "lm-eval"], "the harness needs --tasks, and no --suite"),
    ],
)
def test_wrong_usage(folder, capsys, arguments, message):
    assert invoke([*arguments, "--out", "scores"]) == 2
    assert message in capsys.readouterr().err
    assert not (folder / "scores").exists()
