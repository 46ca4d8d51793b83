from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from assay.base.errors import InputError
from assay.cli import invoke
from assay.evaluation.aggregates import aggregate, aggregated_tasks
from assay.evaluation.paired import Paired, compare, mcnemar
from assay.evaluation.predictions import PREDICTIONS_NAME, write_predictions
from assay.records.artifact import Identity, build


def write_evaluation(folder: Path, tasks: dict, documents: dict | None = None) -> Path:
    """``tasks``: name → (categories, correct); ``documents``: task → bits of documents of ten bytes each."""
    rows = [
        {"task": name, "index": index, "category": category, "prompt_hash": f"{name}{index}", "correct": bool(right)}
        for name, (categories, correct) in tasks.items()
        for index, (category, right) in enumerate(zip(categories, correct, strict=True))
    ]
    with build(folder, Identity("evaluation", folder.name, {"folder": folder.name})) as draft:
        write_predictions(draft.folder / PREDICTIONS_NAME, rows)
        if documents:
            lines = [
                json.dumps({"task": task, "id": str(index), "bits": float(value), "bytes": 10})
                for task, bits in documents.items()
                for index, value in enumerate(bits)
            ]
            (draft.folder / "documents.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def plain(correct: np.ndarray) -> tuple[list[None], np.ndarray]:
    return [None] * len(correct), correct


def test_a_task_by_hand(tmp_path):
    a, b = np.array([1] * 60 + [0] * 40), np.array([1] * 45 + [0] * 20 + [1] * 5 + [0] * 30)
    found = compare(
        write_evaluation(tmp_path / "a", {"copa": plain(a), "x": plain(a)}),
        write_evaluation(tmp_path / "b", {"y": plain(b), "copa": plain(b)}),
    )
    [task] = found.tasks
    assert (task.name, task.questions, task.a, task.b) == ("copa", 100, 0.6, 0.5)
    assert (task.only_a, task.only_b, task.difference) == (15, 5, pytest.approx(0.1))
    assert task.mcnemar == pytest.approx(2 * sum(math.comb(20, k) for k in range(6)) / 2**20)
    deviation = (a - b).std() / 10
    assert task.low == pytest.approx(0.1 - 1.96 * deviation, abs=0.015)
    assert task.high == pytest.approx(0.1 + 1.96 * deviation, abs=0.015)
    assert task.p == pytest.approx(math.erfc(0.1 / deviation / math.sqrt(2)), abs=0.015)
    assert (found.only_a, found.only_b) == (["x"], ["y"])
    [accuracy] = found.aggregates
    assert (accuracy.name, accuracy.difference, accuracy.mcnemar) == ("accuracy", pytest.approx(0.1), None)


def test_equal_answers_are_no_difference(tmp_path):
    right = plain(np.array([1, 0, 1]))
    found = compare(*(write_evaluation(tmp_path / name, {"copa": right}) for name in "ab"))
    assert [(t.difference, t.low, t.high, t.p, t.mcnemar) for t in found.tasks] == [(0.0, 0.0, 0.0, 1.0, 1.0)]


def test_a_score_over_categories_is_compared_as_such(tmp_path):
    categories = ["big"] * 8 + ["small"] * 2
    a = write_evaluation(tmp_path / "a", {"mmlu": (categories, [1] * 8 + [0, 0])})
    b = write_evaluation(tmp_path / "b", {"mmlu": (categories, [0] * 8 + [1, 0])})
    [task] = compare(a, b).tasks
    assert (task.a, task.b, task.difference) == (0.5, 0.25, 0.25)


def test_bits_of_documents_are_compared_too(tmp_path):
    rng = np.random.default_rng(0)
    bits = rng.normal(10, 2, 200)
    noise = rng.normal(0.5, 0.1, 200)
    a = write_evaluation(tmp_path / "a", {"copa": plain(np.array([1]))}, {"prose": bits + noise})
    b = write_evaluation(tmp_path / "b", {"copa": plain(np.array([1]))}, {"prose": bits})
    task = compare(a, b).tasks[-1]
    assert (task.name, task.mcnemar) == ("prose", None)
    assert task.difference == pytest.approx(noise.mean() / 10)
    assert task.high - task.low == pytest.approx(2 * 1.96 * noise.std() / 10 / math.sqrt(200), rel=0.05)


def test_core_is_compared_when_all_its_tasks_are_there(tmp_path):
    rng = np.random.default_rng(0)
    names = [name for name, task in aggregated_tasks().items() if task.core]
    answers = {label: {name: rng.integers(0, 2, 50) for name in names} for label in "ab"}
    folders = [
        write_evaluation(tmp_path / label, {name: plain(own) for name, own in answers[label].items()}) for label in "ab"
    ]
    found = compare(*folders, version="v1")
    core = found.aggregates[1]
    wanted = [aggregate({n: float(own.mean()) for n, own in answers[label].items()}, "v1").core for label in "ab"]
    assert [each.name for each in found.aggregates] == ["accuracy", "core"]
    assert (core.a, core.b) == (pytest.approx(wanted[0]), pytest.approx(wanted[1]))
    assert core.low < core.difference < core.high


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(300):
        a, b = rng.random((2, 150)) < [[0.6], [0.5]]
        drawn = Paired(a.astype(float), b.astype(float), np.ones(150)).drawn(rng, 1000)
        low, high = np.quantile(drawn, [0.025, 0.975])
        held += low <= 0.1 <= high
    assert 0.91 < held / 300 < 0.985


def test_mcnemar_looks_at_disagreements_only():
    pair = Paired(np.array([1.0, 1, 0, 0]), np.array([1.0, 0, 0, 0]), np.ones(4))
    assert mcnemar([pair, pair]) == {"only_a": 2, "only_b": 0, "mcnemar": 0.5}


def test_other_questions_are_refused(tmp_path):
    a = write_evaluation(tmp_path / "a", {"copa": plain(np.array([1, 0]))})
    b = write_evaluation(tmp_path / "b", {"copa": plain(np.array([1]))})
    c = write_evaluation(tmp_path / "c", {"piqa": plain(np.array([1]))})
    with pytest.raises(InputError, match="copa: the two models were not asked the same questions"):
        compare(a, b)
    with pytest.raises(InputError, match="no task was scored in both"):
        compare(a, c)


def test_the_command(tmp_path, capsys):
    a = write_evaluation(tmp_path / "a", {"copa": plain(np.array([1, 1, 1, 0])), "x": plain(np.array([1]))})
    b = write_evaluation(tmp_path / "b", {"copa": plain(np.array([1, 0, 1, 0]))})
    assert invoke(["compare", str(a), str(b)]) == 0
    shown = capsys.readouterr()
    assert "+0.2500" in shown.out
    assert "only A was scored on x" in shown.err
    assert invoke(["compare", str(a), str(b), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["tasks"][0]["only_a"] == 1
    assert invoke(["compare", str(a), str(tmp_path)]) == 2
