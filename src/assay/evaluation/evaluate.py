"""A model x a suite → the evaluation artifact: ``results.json`` and what was found for every document and question."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from assay.base.files import write_bytes
from assay.evaluation.in_context import InContextTask
from assay.evaluation.predictions import PREDICTIONS_NAME, write_predictions
from assay.evaluation.proxies import proxy
from assay.evaluation.scoring import Scorer
from assay.evaluation.subject import Subject, run_subject
from assay.evaluation.suite import Suite, evaluation_identity
from assay.evaluation.task import Measured, Task
from assay.records.artifact import Draft, build, finished
from assay.records.record import Record, read_record


def evaluate(subject: Path | Subject, suite: Suite, out: Path, threads: int | None = None) -> Record:
    """Score a run, or another model, on every task of a suite; tasks finished before a kill are not scored again.

    ``threads`` are torch's (None: as they are). InputError for data that a task cannot use, and for a
    model whose logits are not finite.
    """
    if isinstance(subject, Path):
        subject = run_subject(subject)
    identity = replace(evaluation_identity(subject.inputs, suite), name=f"{subject.name}-{suite.name}")
    identity = replace(identity, config=identity.config | subject.config)
    record = finished(out, identity)
    if record is None:
        scorer = subject.load()
        with build(out, identity) as draft, _threads(threads):
            score_suite(suite, scorer, draft)
        record = read_record(out)
    return record


@contextmanager
def _threads(count: int | None) -> Iterator[None]:
    """Set torch's threads for a block. Products of matrices stay in full float32, as DCLM evaluates."""
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def score_suite(suite: Suite, scorer: Scorer, draft: Draft) -> None:
    """Score all tasks into a draft of an evaluation."""
    started = time.monotonic()
    measured = [_measure(task, scorer, draft.work / f"{index:03d}.json") for index, task in enumerate(suite.tasks)]
    results = [_result(task, found) for task, found in zip(suite.tasks, measured, strict=True)]
    write_bytes(draft.folder / "results.json", (json.dumps({"tasks": results}, indent=1) + "\n").encode())
    for name in dict.fromkeys(task.rows_file for task in suite.tasks):
        rows = [
            {"task": task.name, **row}
            for task, found in zip(suite.tasks, measured, strict=True)
            if task.rows_file == name
            for row in found.rows
        ]
        _write_rows(draft.folder / name, rows)
        draft.rows[name] = len(rows)
    draft.metrics["scores"] = {result["task"]: result["value"] for result in results}
    notes = {task.name: found.notes for task, found in zip(suite.tasks, measured, strict=True)}
    draft.metrics["notes"] = {name: counts for name, counts in notes.items() if counts}
    draft.metrics["seconds"] = round(time.monotonic() - started, 2)


def _write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    if path.name == PREDICTIONS_NAME:
        write_predictions(path, rows)
    else:
        write_bytes(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())


def _measure(task: Task, scorer: Scorer, kept: Path) -> Measured:
    """Score one task, unless the file of its findings is there."""
    if kept.exists():
        return Measured(**json.loads(kept.read_bytes()))
    found = task.measure(scorer)
    write_bytes(kept, json.dumps(asdict(found)).encode())
    return found


def _result(task: Task, found: Measured) -> dict[str, Any]:
    names = task.proxies if isinstance(task, InContextTask) else []
    proxies = {name: score for name in names if (score := proxy(name, found.rows)) is not None}
    return {
        "task": task.name,
        "type": task.type,
        "metric": task.metric,
        "value": found.value,
        "stderr": found.stderr,
        "baseline": task.baseline,
        "documents": len(found.rows),
        "higher_is_better": task.higher_is_better,
    } | ({"proxies": {name: {"value": v, "stderr": e} for name, (v, e) in proxies.items()}} if proxies else {})
