"""Which samples go into the page."""

from __future__ import annotations

import random
from pathlib import Path

from report_experiment import RECIPES, build_dataset, build_pool, write_lines

from assay.report.gather import Dataset, gather
from assay.report.inline import script_json
from assay.report.samples import BUDGET, cut, embed


def datasets(folder: Path) -> list[Dataset]:
    return gather([folder]).datasets


def test_every_step_has_its_dropped_and_kept_samples(experiment: Path) -> None:
    (dataset,) = datasets(experiment / "datasets" / "heuristics-dedup")
    embedded = embed([dataset])
    (steps,) = embedded["datasets"]
    assert [len(step["dropped"]) for step in steps] == [0, 50, 50, 50]
    assert [len(step["kept"]) for step in steps] == [50, 50, 50, 50]
    id_, url, reason, text = steps[3]["dropped"][0]
    original = next(each for each in dataset.samples if (each.step, each.outcome, each.id) == (3, "dropped", id_))
    assert (url, reason) == (original.url or "", "seen before")
    assert embedded["texts"][text] == cut(original.text, 1000)


def test_a_text_that_several_recipes_sampled_is_stored_once(experiment: Path) -> None:
    texts = embed(datasets(experiment))["texts"]
    assert len(texts) == len(set(texts))


def test_long_texts_and_labels_are_cut(experiment: Path) -> None:
    embedded = embed(datasets(experiment))
    assert max(map(len, embedded["texts"])) == 1000
    assert any(text.startswith("a\u0301") and text.endswith("…") for text in embedded["texts"])


def test_too_many_samples_are_thinned_evenly_until_they_fit(tmp_path: Path) -> None:
    build_pool(tmp_path / "pool")
    noise = random.Random(0)
    for number in range(12):
        folder = tmp_path / f"dataset-{number}"
        build_dataset(folder, f"recipe-{number}", RECIPES["heuristics"], tmp_path / "pool")
        write_lines(folder / "samples.jsonl", [
            {"step": step, "outcome": outcome, "id": str(row), "text": "<" * 900 + str(noise.random())}
            for step in range(3) for outcome in ("dropped", "kept") for row in range(50)
        ])  # fmt: skip
    embedded = embed(datasets(tmp_path))
    counts = {len(step[name]) for steps in embedded["datasets"] for step in steps for name in ("dropped", "kept")}
    assert len(counts) == 1
    assert 0 < counts.pop() < 50
    assert len(script_json(embedded).encode()) <= BUDGET


def test_cut() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "ab…"
