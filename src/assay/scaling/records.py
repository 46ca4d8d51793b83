"""Runs from assay's own artifacts: run records, the evaluations of them, and their learning curves."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from assay.base.files import below, exists, open_bytes
from assay.base.fingerprint import fingerprint
from assay.records.record import Record
from assay.records.store import find_records
from assay.scaling.curves import budgets
from assay.scaling.runs import Runs, join

TRAINING_LOSS = "training"
"""The name of a run's own final training loss, in nats a token. Losses by evaluation are in bits a byte."""


@dataclass
class _Run:
    folder: str | Path
    record: Record
    losses: dict[str, float] = field(default_factory=dict)
    errors: dict[str, float] = field(default_factory=dict)


def read_records(folder: Path) -> Runs | None:
    """The runs at any depth of a folder, None when there are none.

    A run's training set is the dataset it was trained on; its losses are the final training loss and, of each
    evaluation of it, the bits a byte of each domain; errors are 1 - accuracy. A run with a constant learning rate and
    a decay (WSD) adds the budgets that its curve passed, unless other runs cooled down from the same constant phase:
    measured budgets take the place of estimated ones.
    """
    records = {record.id: (place, record) for place, record in find_records([folder])}
    runs = {id_: _Run(place, record) for id_, (place, record) in records.items() if record.kind == "run"}
    for place, record in records.values():
        for run in (runs[id_] for id_ in record.inputs if record.kind == "evaluation" and id_ in runs):
            _add_scores(run, place)
    families = Counter(_family(run.record) for run in runs.values())
    parts = [
        part
        for run in runs.values()
        for part in _rows(run, _dataset(run.record, records), alone=families[_family(run.record)] == 1)
    ]
    return join(parts) if parts else None


def _add_scores(run: _Run, place: str | Path) -> None:
    with open_bytes(below(place, "results.json")) as file:
        results = json.load(file)
    for result in results["tasks"]:
        if not result["higher_is_better"]:
            run.losses[result["task"]] = result["value"]
        elif result["metric"] == "accuracy":
            run.errors[result["task"]] = 1 - result["value"]


def _dataset(record: Record, records: dict[str, tuple[str | Path, Record]]) -> str:
    """The name of what a run was trained on; of the run itself when that is not in the folder."""
    for id_ in record.inputs:
        if id_ in records:
            _, source = records[id_]
            return source.name if source.kind == "dataset" else _dataset(source, records)
    return record.name


def _family(record: Record) -> str:
    """The same for runs that differ in the number of tokens only."""
    scale = {key: value for key, value in record.config["scale"].items() if key != "tokens"}
    return fingerprint({"config": record.config | {"scale": scale}, "inputs": record.inputs})


def _rows(run: _Run, group: str, alone: bool) -> list[Runs]:
    """The finished run, and the budgets along its curve where it is alone."""
    metrics, model = run.record.metrics, run.record.config["scale"]["model"]
    body = metrics["parameters"] - model["vocab_size"] * model["width"]
    losses = {TRAINING_LOSS: metrics["final_loss"]} | run.losses
    name = f"{run.record.name} {run.record.id[:8]}"
    rows = [_row(name, group, (metrics["parameters"], body, metrics["tokens"]), losses, run.errors)]
    for tokens, loss in budgets(_curve(run.folder)) if alone else []:
        sizes = (metrics["parameters"], body, tokens)
        rows.append(_row(f"{name} at {tokens:,.0f} tokens", group, sizes, {TRAINING_LOSS: loss}, {}))
    return rows


def _row(
    name: str, group: str, sizes: tuple[float, float, float], losses: dict[str, float], errors: dict[str, float]
) -> Runs:
    params, body, tokens = (np.array([float(value)]) for value in sizes)
    one = {key: np.array([value]) for key, value in losses.items()}
    wrong = {key: np.array([value]) for key, value in errors.items()}
    return Runs(
        np.array([name], dtype=object), np.array([group], dtype=object), params, tokens, one, wrong, body_params=body
    )


def _curve(folder: str | Path) -> list[dict[str, Any]]:
    path = below(folder, "metrics.jsonl")
    if not exists(path):
        return []
    with open_bytes(path) as file:
        return [json.loads(line) for line in file]
