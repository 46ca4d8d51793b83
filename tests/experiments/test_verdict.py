from __future__ import annotations

import json
from itertools import count

import numpy as np
import pytest

from assay.base.errors import InputError
from assay.experiments.trial import Trial
from assay.experiments.verdict import compare
from assay.records.record import Record

DOCUMENTS, SEEDS = 40, 3


def write_trials(folder, levels, seeds=SEEDS, noise=0.002):
    """Trials whose bits per byte are the given levels, by recipe and domain."""
    rng = np.random.default_rng(0)
    size = {domain: rng.integers(500, 3000, DOCUMENTS) for domain in next(iter(levels.values()))}
    numbers, trials = count(), []
    for recipe, by_domain in levels.items():
        for seed in range(seeds):
            place = folder / str(next(numbers))
            place.mkdir(parents=True)
            rows = []
            for domain, level in by_domain.items():
                bits = size[domain] * (level + rng.normal(0, noise, DOCUMENTS) + rng.normal(0, noise))
                rows += [
                    {"task": domain, "id": str(n), "bits": float(b), "bytes": int(size[domain][n])}
                    for n, b in enumerate(bits)
                ]
            (place / "documents.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
            (place / "results.json").write_text('{"tasks": []}')
            (place / "funnel.json").write_text('{"documents_out": 10, "bytes_out": 100}')
            Record(kind="run", name="r", id="0" * 64, metrics={"tokens": 1000, "epochs": 1.0}).write(place)
            trials.append(Trial(recipe, "tiny", seed, place, place, place))
    return trials


def test_the_better_recipe_wins_and_the_sentence_says_by_how_much(tmp_path):
    verdict = compare(write_trials(tmp_path, {"base": {"a": 2.0, "b": 3.0}, "new": {"a": 1.8, "b": 2.8}}), "tiny")
    assert (verdict["best"], verdict["baseline"]) == ("new", "base")
    assert verdict["sentence"].startswith("new has the lowest held-out bits per byte, 2.30")
    assert "0.20" in verdict["sentence"]
    assert "But" not in verdict["sentence"]
    assert verdict["recipes"][0]["by_domain"] == pytest.approx({"a": 1.8, "b": 2.8}, abs=0.01)


def test_a_win_in_one_domain_and_a_loss_in_the_other_is_told(tmp_path):
    verdict = compare(write_trials(tmp_path, {"base": {"a": 2.0, "b": 3.0}, "new": {"a": 1.5, "b": 3.2}}), "tiny")
    assert "But on b alone, base is 0." in verdict["sentence"]


def test_a_lead_within_the_noise_is_not_told(tmp_path):
    levels = {"base": {"a": 2.0, "b": 3.0}, "new": {"a": 1.5, "b": 3.0001}}
    assert "But" not in compare(write_trials(tmp_path, levels, noise=0.02), "tiny")["sentence"]


def test_equal_recipes_are_not_distinguishable(tmp_path):
    verdict = compare(write_trials(tmp_path, {"base": {"a": 2.0}, "new": {"a": 2.0}}, noise=0.02), "tiny")
    assert "not distinguishable" in verdict["sentence"]
    assert {row["verdict"] for row in verdict["comparisons"]} == {"no difference"}


def test_the_baseline_can_win(tmp_path):
    verdict = compare(write_trials(tmp_path, {"base": {"a": 1.0}, "x": {"a": 2.0}, "y": {"a": 1.5}}), "tiny")
    assert verdict["best"] == "base"
    assert "lower than y" in verdict["sentence"]


def test_one_recipe_has_nothing_to_be_compared_with(tmp_path):
    assert "no other recipe" in compare(write_trials(tmp_path, {"only": {"a": 1.0}}), "tiny")["sentence"]


def test_one_seed_is_said_to_leave_the_noise_unknown(tmp_path):
    verdict = compare(write_trials(tmp_path, {"base": {"a": 2.0}, "new": {"a": 1.8}}, seeds=1), "tiny")
    assert "noise between runs is unknown" in verdict["method"]
    assert "noise between runs is unknown" in verdict["sentence"]


def test_without_heldout_text_there_is_nothing_to_compare(tmp_path):
    trials = write_trials(tmp_path, {"base": {"a": 2.0}})
    for trial in trials:
        (trial.evaluation / "documents.jsonl").write_text("")
    with pytest.raises(InputError, match="add a task of type bits_per_byte"):
        compare(trials, "tiny")
