"""Two models on the same questions: the difference of their scores, and how sure it is.

Pairing takes the difficulty of the questions out of the comparison. Intervals and p-values are those of a bootstrap
over questions within each task (and within each category, where the score is a mean over categories); McNemar's exact
test looks only at the questions that one of the two got right.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import binomtest

from assay.base.errors import InputError
from assay.base.files import below, open_bytes
from assay.evaluation.aggregates import Version, aggregated_tasks
from assay.evaluation.predictions import PREDICTIONS_NAME, read_predictions
from assay.records.record import read_record_of

DRAWS = 10_000
CONFIDENCE = 0.95
_CHUNK = 1 << 22  # entries of the counts that are drawn at a time


@dataclass(frozen=True)
class Difference:
    """The score of A minus that of B."""

    name: str
    questions: int
    a: float
    b: float
    difference: float
    low: float
    high: float
    p: float
    """Two-sided, of the bootstrap: how often resampled questions move the difference by at least as much as it is."""
    only_a: int | None = None
    """Questions that A alone got right."""
    only_b: int | None = None
    mcnemar: float | None = None
    """The exact two-sided p-value of McNemar's test; for tasks of right and wrong."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


@dataclass(frozen=True)
class Paired:
    """What two models scored on the documents of one stratum: sums over them are divided by the sum of ``sizes``."""

    a: np.ndarray
    """float64, shape (documents,)."""
    b: np.ndarray
    sizes: np.ndarray

    def drawn(self, rng: np.random.Generator, draws: int) -> np.ndarray:
        """The difference when as many documents are drawn with replacement: float64, shape (draws,)."""
        kinds, counts = np.unique(np.stack([self.a - self.b, self.sizes]), axis=1, return_counts=True)
        total, step = counts.sum(), max(1, _CHUNK // len(counts))
        found = []
        for start in range(0, draws, step):
            drawn = rng.multinomial(total, counts / total, size=min(step, draws - start))
            found.append((drawn @ kinds[0]) / (drawn @ kinds[1]))
        return np.concatenate(found)

    def scores(self) -> tuple[float, float]:
        """Of A and of B."""
        return float(self.a.sum() / self.sizes.sum()), float(self.b.sum() / self.sizes.sum())


@dataclass(frozen=True)
class Comparison:
    """Two evaluations, task by task and in aggregate."""

    tasks: list[Difference]
    aggregates: list[Difference]
    """``accuracy``, the plain mean over tasks; CORE and EXTENDED where all their tasks are there."""
    only_a: list[str]
    """Tasks that only A was asked."""
    only_b: list[str]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


def compare(a: str | Path, b: str | Path, version: Version = "v2", draws: int = DRAWS) -> Comparison:
    """Compare two evaluations. InputError where a task was asked in other words or of other questions."""
    first, second = (_strata(evaluation) for evaluation in (a, b))
    shared = [name for name in first if name in second]
    if not shared:
        raise InputError("no task was scored in both", where=f"{a} and {b}")
    rng = np.random.default_rng(0)
    tasks, scores, drawn = [], {}, {}
    for name in shared:
        pairs = _pair(name, first[name], second[name])
        values = np.mean([pair.drawn(rng, draws) for pair in pairs], axis=0)
        score = np.mean([pair.scores() for pair in pairs], axis=0)
        right = first[name].right
        tasks.append(_difference(name, sum(len(pair.a) for pair in pairs), score, values, pairs if right else None))
        if right:
            scores[name], drawn[name] = score, values
    counts = {task.name: task.questions for task in tasks}
    return Comparison(
        tasks,
        [_aggregate(name, weights, counts, scores, drawn) for name, weights in _aggregates(scores, version).items()],
        [name for name in first if name not in second],
        [name for name in second if name not in first],
    )


@dataclass(frozen=True)
class _Documents:
    """What an evaluation found for the documents of a task: by stratum and key, a value and a size."""

    right: bool
    """Whether the values say right or wrong."""
    strata: dict[str, dict[Any, tuple[float, int]]]


def _strata(evaluation: str | Path) -> dict[str, _Documents]:
    """Every task of an evaluation."""
    outputs = {output.path for output in read_record_of(evaluation, "evaluation").outputs}
    found: dict[str, _Documents] = {}
    if PREDICTIONS_NAME in outputs:
        for task, rows in read_predictions(evaluation).items():
            strata: dict[str, dict[Any, tuple[float, int]]] = defaultdict(dict)
            for row in rows:
                strata[row["category"] or ""][row["index"], row["prompt_hash"]] = (float(row["correct"]), 1)
            found[task] = _Documents(True, dict(strata))
    if "documents.jsonl" in outputs:
        with open_bytes(below(evaluation, "documents.jsonl")) as file:
            for row in map(json.loads, file):
                task = found.setdefault(row["task"], _Documents(False, {"": {}}))
                task.strata[""][row["id"], row["bytes"]] = (row["bits"], row["bytes"])
    return found


def _pair(task: str, a: _Documents, b: _Documents) -> list[Paired]:
    if a.strata.keys() != b.strata.keys() or any(a.strata[name].keys() != b.strata[name].keys() for name in a.strata):
        raise InputError(
            "the two models were not asked the same questions in the same words",
            where=task,
            hint="evaluate both on the same suite and data",
        )
    pairs = []
    for name, own in a.strata.items():
        values = np.array([(*own[key], b.strata[name][key][0]) for key in own], np.float64).T
        pairs.append(Paired(values[0], values[2], values[1]))
    return pairs


def _difference(
    name: str, questions: int, score: np.ndarray, drawn: np.ndarray, answers: list[Paired] | None
) -> Difference:
    difference = float(score[0] - score[1])
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    moved = np.count_nonzero(np.abs(drawn - difference) >= abs(difference) * (1 - 1e-9))
    found = Difference(
        name,
        questions,
        float(score[0]),
        float(score[1]),
        difference,
        float(low),
        float(high),
        (moved + 1) / (len(drawn) + 1),
    )
    return found if answers is None else Difference(**(found.to_dict() | mcnemar(answers)))


def mcnemar(answers: list[Paired]) -> dict[str, Any]:
    """The questions that one of two models alone got right, and the exact p-value of so uneven a split."""
    only_a = sum(int((pair.a > pair.b).sum()) for pair in answers)
    only_b = sum(int((pair.b > pair.a).sum()) for pair in answers)
    p = float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0
    return {"only_a": only_a, "only_b": only_b, "mcnemar": p}


def _aggregates(scores: Mapping[str, Any], version: Version) -> dict[str, dict[str, tuple[float, float]]]:
    """Name → for each task its baseline, and the weight of its score above it."""
    if not scores:
        return {}
    found = {"accuracy": dict.fromkeys(scores, (0.0, 1 / len(scores)))}
    every = aggregated_tasks()
    for name, members in (("core", [task for task in every if every[task].core]), ("extended", list(every))):
        if all(task in scores for task in members):
            baselines = {task: every[task].baseline[version] for task in members}
            found[name] = {task: (b, 1 / (1 - b) / len(members)) for task, b in baselines.items()}
    return found


def _aggregate(
    name: str,
    weights: dict[str, tuple[float, float]],
    questions: dict[str, int],
    scores: dict[str, np.ndarray],
    drawn: dict[str, np.ndarray],
) -> Difference:
    score = np.sum([weight * (scores[task] - baseline) for task, (baseline, weight) in weights.items()], axis=0)
    values = np.sum([weight * drawn[task] for task, (_, weight) in weights.items()], axis=0)
    return _difference(name, sum(questions[task] for task in weights), score, values, None)
