from __future__ import annotations

import json

import pytest

from assay.cli import app, invoke
from small_experiment import write_experiment


def test_every_command_has_help(capsys):
    for name in app:
        if not name.startswith("-"):
            assert invoke([name, "--help"]) == 0
            assert "Usage: assay" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["curat"], "curate"),
        (["curate", "--pool", "x.jsonl"], "recipe"),
        (["curate", "--pool", "absent.jsonl", "--recipe", "no-filter", "--out", "o"], "absent.jsonl: names no file"),
        (["curate", "--pool", "absent.jsonl", "--recipe", "no-filter", "--out", "o", "--workers", "0"], "absent.jsonl"),
        (["run", "absent.yaml"], "absent.yaml: no such file"),
        (["verify", "absent"], "no such folder"),
        (["report"], "name at least one folder"),
        (["pool", "stats"], "name at least one file"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_why(capsys, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert invoke(arguments) == 2
    shown = capsys.readouterr()
    assert message in shown.err + shown.out
    assert "Traceback" not in shown.err


def test_stages_alone_from_raw_files_to_a_score(tmp_path, capsys, monkeypatch):
    """curate → tokenize → train → evaluate → report → verify, each as its own command."""
    write_experiment(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert invoke(["pool", "stats", "pool0.jsonl", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["documents"] == 100
    steps = [
        ["curate", "--pool", "pool0.jsonl", "pool1.jsonl", "--recipe", "wordy.yaml", "--out", "dataset"],
        ["tokenize", "--dataset", "dataset", "--vocab-size", "400", "--context", "32", "--out", "tokens"],
        ["train", "--dataset", "tokens", "--scale", "tiny.yaml", "--seed", "1", "--out", "model", "--threads", "1"],
        ["evaluate", "--run", "model", "--suite", "suite.yaml", "--out", "scores", "--threads", "1"],
    ]
    for arguments in steps:
        assert invoke([*arguments, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["id"]
    assert invoke(["report", "dataset", "model", "scores", "--out", "page.html"]) == 0
    assert (tmp_path / "page.html").stat().st_size > 10_000
    capsys.readouterr()
    assert invoke(["verify", "scores", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["artifacts"] == 6
    assert invoke(["records", ".", "--where", "kind = 'run'", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 1
