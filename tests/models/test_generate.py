from __future__ import annotations

import json

import pytest

from assay.cli import invoke
from models.runs import make_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("generate") / "run"
    make_run(folder)
    return folder


def written(capsys, run, *arguments: str) -> str:
    assert invoke(["generate", "--run", str(run), *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)["text"]


def test_it_writes_on_after_a_prompt(run, capsys):
    one, same, other = (written(capsys, run, "--prompt", "the cat", "--seed", seed) for seed in "112")
    assert one == same != other
    assert invoke(["generate", "--run", str(run), "--prompt", "the cat", "--seed", "1"]) == 0
    assert capsys.readouterr().out == f"the cat{one}\n"


def test_it_stops_in_time(run, capsys):
    shortest, longer = (written(capsys, run, "--tokens", tokens, "--temperature", "0") for tokens in ("2", "9"))
    assert longer.startswith(shortest.rstrip("\ufffd"))
    assert len(shortest.encode()) < len(longer.encode())
    written(capsys, run, "--prompt", "the cat", "--tokens", "999")  # up to the end of its context of 32


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--temperature", "-1"], "temperature"),
        (["--top-p", "0"], "top_p"),
        (["--prompt", "hat mat " * 40], "the model reads 32 at once"),
    ],
)
def test_mistakes_are_explained(run, capsys, arguments, message):
    assert invoke(["generate", "--run", str(run), *arguments]) == 2
    assert message in capsys.readouterr().err
