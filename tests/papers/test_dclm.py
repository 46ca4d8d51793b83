from __future__ import annotations

import json

import pytest

from assay.base.errors import InputError
from assay.cli import invoke
from assay.papers.dclm import own_text
from small_experiment import write_experiment


@pytest.fixture
def text(tmp_path, monkeypatch):
    write_experiment(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_papers_ladder_on_ones_own_text(text, capsys):
    arguments = ["--pool", "pool0.jsonl", "pool1.jsonl", "--heldout", "l=letters.jsonl"]
    arguments += ["--positives", "notes.jsonl", "letters.jsonl", "--scale", "tiny.yaml", "--seeds", "2"]
    assert invoke(["paper", "dclm", *arguments, "--out", "paper", "--workers", "1"]) == 0
    shown = capsys.readouterr().out
    assert "19.9%" in shown
    assert "30.2" in shown
    (verdict,) = text.glob("paper/verdicts/*/verdict.json")
    rows = {row["recipe"]: row for row in json.loads(verdict.read_text())["recipes"]}
    ladder = ["no-filter", "heuristics", "heuristics-dedup", "heuristics-dedup-quality"]
    kept = [rows[recipe]["kept_documents"] for recipe in ladder]
    assert kept == sorted(kept, reverse=True)
    assert kept[3] == pytest.approx(0.1 * kept[2], abs=1)
    (model,) = text.glob("paper/datasets/heuristics-dedup-quality-*/models/*/model.bin")
    assert model.stat().st_size > 1000


def test_what_it_wrote_is_an_experiment_anyone_can_change(text, capsys):
    arguments = ["--pool", "pool0.jsonl", "--positives", "notes.jsonl", "--heldout", "l=letters.jsonl"]
    assert invoke(["paper", "dclm", "--scale", "tiny.yaml", "--out", "paper", "--dry-run", *arguments]) == 0
    assert invoke(["run", "paper/experiment.yaml", "--dry-run", "--set", "seeds=1", "--json"]) == 0
    out = capsys.readouterr().out
    shown = json.loads(out[out.index("{") :])
    assert [stage["kind"] for stage in shown["stages"]].count("run") == 4


def test_folders_are_read_as_everywhere_else(text):
    (text / "raw").mkdir()
    (text / "pool0.jsonl").rename(text / "raw" / "pool0.jsonl")
    (text / "raw" / "README.md").write_text("not a candidate")
    sources = own_text(["raw"], ["l=letters.jsonl"], ["notes.jsonl"])
    assert sources.pool == [str(text / "raw")]
    arguments = ["--pool", "raw", "--positives", "notes.jsonl", "--heldout", "l=letters.jsonl"]
    assert invoke(["paper", "dclm", "--scale", "tiny.yaml", "--out", "paper", "--dry-run", *arguments]) == 0


def test_heldout_text_belongs_to_an_own_pool(text, capsys):
    assert invoke(["paper", "dclm", "--heldout", "l=letters.jsonl"]) == 2
    assert "--pool" in capsys.readouterr().err


def test_an_own_pool_needs_text_to_judge_by(text):
    with pytest.raises(InputError, match="an own pool needs --heldout and --positives"):
        own_text(["pool0.jsonl"], [], [])
    with pytest.raises(InputError, match="not of the form domain=FILE"):
        own_text(["pool0.jsonl"], ["letters.jsonl"], ["notes.jsonl"])
