from __future__ import annotations

import gzip
import json

import pytest
import yaml

from assay.cli import invoke


@pytest.fixture
def suite(tmp_path):
    tasks = [
        {"label": "metals", "dataset_uri": "metals.jsonl", "icl_task_type": "multiple_choice", "num_fewshot": [1]},
        {"label": "schema", "dataset_uri": "schema.jsonl", "icl_task_type": "schema", "num_fewshot": [0]},
        {"label": "far", "dataset_uri": "far.jsonl", "icl_task_type": "schema", "num_fewshot": [0]},
    ]
    rows = [{"query": f"is {word} a metal?", "choices": ["no", "yes"], "gold": 1} for word in ("iron", "copper")]
    (tmp_path / "metals.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    schema = {"context_options": ["the iron", "the bread"], "continuation": "rusts.", "gold": 0}
    (tmp_path / "schema.jsonl").write_text(json.dumps(schema))
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({"icl_tasks": tasks}))
    return path


def test_which_tasks_there_are(suite, capsys):
    assert invoke(["tasks", "list", "--suite", str(suite), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["task"], row["examples"], row["here"]) for row in rows] == [
        ("metals", 1, "yes"),
        ("schema", 0, "yes"),
        ("far", 0, "no"),
    ]
    assert invoke(["tasks", "list", "--suite", "core"]) == 0
    assert "winogrande" in capsys.readouterr().out


def test_prompts_are_shown_as_the_model_sees_them(suite, capsys):
    assert invoke(["tasks", "show", "metals", "-n", "1", "--suite", str(suite)]) == 0
    assert capsys.readouterr().out == (
        "=== metals, question 0\nis copper a metal? yes\nis iron a metal?\n  'no'\n→ 'yes'\n"
    )
    assert invoke(["tasks", "show", "schema", "--suite", str(suite)]) == 0
    assert capsys.readouterr().out == "=== schema, question 0\nthe iron\nthe bread\n→ context 0: 'rusts.'\n"
    assert invoke(["tasks", "show", "metals", "-n", "5", "--suite", str(suite), "--json"]) == 0
    assert [row["gold"] for row in json.loads(capsys.readouterr().out)] == [1, 1]


def test_what_cannot_be_shown(suite, capsys):
    assert invoke(["tasks", "show", "far", "--suite", str(suite)]) == 2
    assert "of far (far.jsonl)\nhint: say where they are with --data DIR" in capsys.readouterr().err
    assert invoke(["tasks", "show", "metal", "--suite", str(suite)]) == 2
    assert "hint: did you mean metals?" in capsys.readouterr().err


def test_data_are_fetched(tmp_path, shared_data, capsys):
    source = tmp_path / "source" / "commonsense_reasoning"
    source.mkdir(parents=True)
    packed = shared_data / "lm_eval" / "commonsense_reasoning" / "copa.jsonl.gz"
    (source / "copa.jsonl").write_bytes(gzip.decompress(packed.read_bytes()))
    arguments = ["tasks", "fetch", "copa", "--source", str(source.parent), "--out", str(tmp_path / "out"), "--json"]
    assert invoke(arguments) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["files"] == ["commonsense_reasoning/copa.jsonl"]
    assert shown["fetched"] == [str(tmp_path / "out" / "commonsense_reasoning" / "copa.jsonl")]
    assert invoke(arguments) == 0
    assert json.loads(capsys.readouterr().out)["fetched"] == []


def test_what_cannot_be_fetched(tmp_path, suite, capsys):
    assert invoke(["tasks", "fetch", "gpqa_main", "--out", str(tmp_path)]) == 2
    assert "gpqa_data/gpqa_main.jsonl: the authors of GPQA" in capsys.readouterr().err
    assert invoke(["tasks", "fetch", "copa", "--source", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "copa.jsonl: there is no such file" in capsys.readouterr().err
