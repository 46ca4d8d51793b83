from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
import yaml

from assay.base.errors import InputError
from assay.cli import invoke
from assay.experiments.mix_runs import Proxies, design
from assay.experiments.mix_search import propose
from assay.records.record import read_record
from assay.scaling.mixing_law import MixingLaw
from assay.tokens.mix import read_mix
from assay.tokens.tokenizer import train_bpe
from small_experiment import SCALE
from tokens.datasets import make_dataset

LAW = MixingLaw(np.array([0.8, 1.1]), np.array([[-2.0, 0.3, 0.1], [0.4, -1.5, 0.2]]))
HELD = np.array([1e6, 2e6, 5e6])


def proxies(runs: int = 20, noise: float = 0.002) -> Proxies:
    shares = design(HELD, runs, seed=3)
    losses = LAW.predict(shares) + np.random.default_rng(4).normal(0, noise, (runs, 2))
    return Proxies({str(n): Path() for n in range(runs)}, ["a", "b", "c"], HELD, shares, ["x", "y"], losses)


def test_a_design_is_of_shares_that_differ_and_comes_again():
    shares = design(HELD, 50, seed=0)
    assert shares.sum(axis=1) == pytest.approx(1)
    assert shares.min() > 0.005
    assert np.ptp(shares, axis=0).min() > 0.3
    assert np.array_equal(shares, design(HELD, 50, seed=0))
    assert not np.array_equal(shares, design(HELD, 50, seed=1))


def test_the_best_mix_of_a_known_law_is_proposed():
    found, best = propose(proxies()), LAW.best(np.ones(3))
    assert [each.share for each in found.shares] == pytest.approx(best.tolist(), abs=0.05)
    assert [each.proportional for each in found.shares] == [0.125, 0.25, 0.625]
    assert all(low <= each.share <= high for each in found.shares for low, high in [each.interval])
    mean = found.forecasts[-1]
    true_gain = np.subtract(*LAW.predict(np.stack([HELD / HELD.sum(), best])).mean(axis=1))
    assert mean.interval[0] - 0.005 <= true_gain <= mean.interval[1] + 0.005
    assert mean.gain == pytest.approx(true_gain, abs=0.01)
    assert mean.left_out_error < 0.2 * mean.no_law_error


def test_no_source_comes_more_than_four_times():
    found = propose(proxies(), tokens=2e7)
    assert found.shares[0].share == pytest.approx(0.2, abs=1e-4)
    with pytest.raises(InputError, match="ask for fewer"):
        propose(proxies(), tokens=1e9)


def test_too_few_runs_are_refused():
    with pytest.raises(InputError, match="leave none to test the law on"):
        propose(proxies(4))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Two sources of words of their own, held-out texts of the first, and a mix of both."""
    folder, rng = tmp_path_factory.mktemp("search"), random.Random(0)
    words = {
        "stone": ["ore", "metal", "dross", "assay", "gold", "lead"],
        "water": ["river", "bridge", "rain", "lake", "sea", "ice"],
    }
    texts = {name: [" ".join(rng.choices(words[name], k=60)) for _ in range(60)] for name in words}
    for name in texts:
        make_dataset(folder / name, [texts[name][:50]])
    (folder / "stone.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts["stone"][50:]))
    (folder / "bpe.json").write_text(train_bpe(texts["stone"] + texts["water"], 300).definition)
    (folder / "tiny.yaml").write_text(yaml.safe_dump(SCALE))
    sources = [{"dataset": name, "weight": 1} for name in texts]
    (folder / "mix.yaml").write_text(yaml.safe_dump({"sources": sources}))
    return folder


def search(place: Path, out: str, *more: object) -> int:
    arguments = ["--mix", place / "mix.yaml", "--out", place / out, "--workers", "1", *more]
    return invoke(["mix", "search", *map(str, arguments)])


@pytest.mark.slow
def test_a_search_from_texts_to_a_mix(place, capsys):
    held_out = f"stones={place}/stone.jsonl"
    small = ("--scale", place / "tiny.yaml", "--tokenizer", place / "bpe.json", "--held-out", held_out, "--runs", 6)
    assert search(place, "found", *small, "--json") == 0
    metrics = json.loads(capsys.readouterr().out)
    assert metrics["runs"] == 6
    assert [each["source"] for each in metrics["shares"]] == ["stone", "water"]
    assert metrics["shares"][0]["share"] > 0.7
    assert metrics["forecasts"][-1]["gain"] > 0
    proposed = read_mix(place / "found" / "mix.yaml")
    assert proposed.sources[0].dataset == str(place / "stone")

    runs = sorted((place / "found.runs").glob("*/run"))
    before = [run.stat().st_mtime_ns for run in runs]
    assert search(place, "again", "--finished", place / "found.runs") == 0
    assert "95 % interval" in capsys.readouterr().out
    assert [run.stat().st_mtime_ns for run in runs] == before
    assert read_record(place / "again").metrics["shares"] == metrics["shares"]

    assert search(place, "other", "--finished", place / "found.runs", "--held-out", "waters=x.jsonl") == 2
    assert "was not validated on waters" in capsys.readouterr().err


def test_what_a_search_lacks_is_said(place, capsys):
    assert search(place, "nothing") == 2
    assert "says not what small runs to make" in capsys.readouterr().err
    assert search(place, "nothing", "--held-out", "news") == 2
    assert "not of the form DOMAIN=FILE" in capsys.readouterr().err
