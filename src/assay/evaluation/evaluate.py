"""A run x a suite → the evaluation artifact: ``results.json`` and what was found for every document and question."""

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
from assay.evaluation.scoring import Scorer
from assay.evaluation.suite import Suite, evaluation_identity
from assay.evaluation.task import Measured, Task
from assay.models.checkpoints import load_model
from assay.records.artifact import Draft, build, finished
from assay.records.record import Record, read_record, read_record_of
from assay.tokens.tokenizer import load_tokenizer
from assay.training.device import best_device


def evaluate(run: Path, suite: Suite, out: Path, threads: int | None = None) -> Record:
    """Score a run on every task of a suite; tasks that were finished before a kill are not scored again.

    ``threads`` are torch's (None: as they are). InputError for data that a task cannot use, and for a
    model whose logits are not finite.
    """
    source = read_record_of(run, "run")
    identity = replace(evaluation_identity({source.id: run}, suite), name=f"{source.name}-{suite.name}")
    record = finished(out, identity)
    if record is None:
        model, scale = load_model(run)
        scorer = Scorer(model.to(best_device()).eval(), load_tokenizer(run), scale.sequence_length, where=run)
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
        lines = [
            json.dumps({"task": task.name, **row}, ensure_ascii=False) + "\n"
            for task, found in zip(suite.tasks, measured, strict=True)
            if task.rows_file == name
            for row in found.rows
        ]
        write_bytes(draft.folder / name, "".join(lines).encode())
        draft.rows[name] = len(lines)
    draft.metrics["scores"] = {result["task"]: result["value"] for result in results}
    notes = {task.name: found.notes for task, found in zip(suite.tasks, measured, strict=True)}
    draft.metrics["notes"] = {name: counts for name, counts in notes.items() if counts}
    draft.metrics["seconds"] = round(time.monotonic() - started, 2)


def _measure(task: Task, scorer: Scorer, kept: Path) -> Measured:
    """Score one task, unless the file of its findings is there."""
    if kept.exists():
        return Measured(**json.loads(kept.read_bytes()))
    found = task.measure(scorer)
    write_bytes(kept, json.dumps(asdict(found)).encode())
    return found


def _result(task: Task, found: Measured) -> dict[str, Any]:
    return {
        "task": task.name,
        "type": task.type,
        "metric": task.metric,
        "value": found.value,
        "stderr": found.stderr,
        "baseline": task.baseline,
        "documents": len(found.rows),
        "higher_is_better": task.higher_is_better,
    }
