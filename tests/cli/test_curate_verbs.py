"""assay curate with own steps and --explain; assay compare-recipes."""

from __future__ import annotations

import json

import pytest

from assay.cli import invoke
from curation.curation_pools import prose, write_jsonl

STEPS = """
from pathlib import Path

from assay import step


@step
def clean(text: str, words: Path, most: int = 0) -> bool | tuple[bool, str]:
    found = sum(word in text for word in words.read_text().split())
    return found <= most, f"more than {most} listed words"


@step
def without_last_line(text: str) -> str | None:
    return "\\n".join(text.split("\\n")[:-1]) or None
"""
RECIPE = """
steps:
  - page_length_filter: {length_type: word, min_length: 5}
  - my_steps.clean: {words: listed.txt}
  - my_steps.without_last_line
  - exact_dedup
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    texts = [prose(0), "too short", prose(2), f"{prose(3)}\nspam and more", prose(0)]
    rows = [{"id": f"d{k}", "url": f"https://example.org/{k}", "text": text} for k, text in enumerate(texts)]
    write_jsonl(tmp_path / "pool.jsonl", rows)
    (tmp_path / "my_steps.py").write_text(STEPS)
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "listed.txt").write_text("spam")
    (tmp_path / "r.yaml").write_text(RECIPE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def curate(*arguments: str) -> int:
    return invoke(["curate", "--pool", "pool.jsonl", "--recipe", "r.yaml", "--files", "lists", *arguments])


def test_own_steps_in_a_recipe(here, capsys):
    assert curate("--out", "out", "--set", "my_steps.clean.most=0", "--json") == 0
    funnel = json.loads(capsys.readouterr().out)
    reasons = [step["reasons"] for step in funnel["steps"]]
    assert reasons[:3] == [{"words < 5": 1}, {"more than 0 listed words": 1}, {}]
    assert funnel["documents_out"] == 2


def test_explain_shows_every_step(here, capsys):
    assert curate("--explain", "https://example.org/3") == 0
    shown = capsys.readouterr().out
    assert "r on https://example.org/3" in shown
    for part in (
        "page_length_filter",
        "≥ 5",
        "0 ✗",
        "more than 0 listed words",
        "-spam and more",
        "over the whole pool",
    ):
        assert part in shown
    assert shown.index("dropped") < shown.index("would keep")
    assert shown.splitlines()[-1] == "dropped by my_steps.clean: more than 0 listed words"


def test_explain_as_json_and_whether_the_dataset_has_it(here, capsys):
    assert curate("--explain", "d4", "--out", "out", "--json") == 0
    assert json.loads(capsys.readouterr().out)["in_dataset"] is None
    assert curate("--out", "out", "--json") == 0
    capsys.readouterr()
    for id_, inside in (("d0", False), ("d4", True)):  # d0 repeats d4, whose id is the lesser by its hash
        assert curate("--explain", id_, "--out", "out", "--json") == 0
        shown = json.loads(capsys.readouterr().out)
        assert (shown["id"], shown["in_dataset"]) == (id_, inside)
        assert [step["decision"] for step in shown["steps"]] == ["kept", "kept", "kept", "pool"]
        assert shown["steps"][2]["diff"] == ["-" + prose(0).split("\n")[-1]]
    assert curate("--explain", "d0", "--out", "out") == 0
    assert capsys.readouterr().out.splitlines()[-2:] == ["kept, unless dropped by exact_dedup", "out does not have it"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--out: name the folder of the dataset"),
        (["--explain", "d"], "several documents of the pool have 'd'"),
        (["--explain", "d9"], "no document of the pool has 'd9'"),
        (["--explain", "d0", "--set", "my_steps.clean.mots=1"], "did you mean most?"),
    ],
)
def test_mistakes(here, capsys, arguments, message):
    assert curate(*arguments) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert "Traceback" not in shown.err


def test_compare_recipes(here, capsys):
    one, other = "page_length_filter: {length_type: word, min_length: 5}", "no-filter"
    assert invoke(["compare-recipes", one, other, "--pool", "pool.jsonl", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    counts = [shown[name] for name in ("documents", "both", "only_a", "only_b", "neither", "agreement")]
    assert counts == [5, 4, 0, 1, 0, 0.8]
    assert shown["disagreements"] == [
        {"dropped_by": "a", "step": "page_length_filter", "reason": "words < 5", "documents": 1}
    ]
    assert [(example["id"], example["text"], example["b"]) for example in shown["examples"]] == [
        ("d1", "too short", None)
    ]
    assert invoke(["compare-recipes", one, other, "--pool", "pool.jsonl", "--limit", "4"]) == 0
    table = capsys.readouterr().out
    for part in ("75.00%", "A drops it, page_length_filter: words < 5", "B keeps it", "too short"):
        assert part in table


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ("r.yaml", "the step exact_dedup (sweep step) cannot be compared"),
        ("word_length_filter: {", "not a step in YAML"),
        ("word_length_filter: {max_lenght: 3}", "did you mean max_length?"),
    ],
)
def test_what_cannot_be_compared(here, capsys, recipe, message):
    assert invoke(["compare-recipes", "no-filter", recipe, "--pool", "pool.jsonl", "--files", "lists"]) == 2
    assert message in capsys.readouterr().err
