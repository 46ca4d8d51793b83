"""What a model said to every question, kept as ``predictions.parquet`` so that models are compared question by question.

A row is a question, a choice an entry of its lists; a schema's contexts are its choices.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from assay.base.errors import InputError
from assay.base.files import atomic_write, below, open_bytes

PREDICTIONS_NAME = "predictions.parquet"
SCHEMA = pa.schema(
    {
        "task": pa.string(),
        "index": pa.int64(),  # of the question in the task's data
        "category": pa.string(),
        "prompt_hash": pa.string(),  # equal where two models were asked the same in the same words
        "gold": pa.int64(),
        "chosen": pa.int64(),
        "correct": pa.bool_(),
        "log_likelihoods": pa.list_(pa.float64()),  # of each choice, the sum over its tokens in nats
        "tokens": pa.list_(pa.int64()),
        "characters": pa.list_(pa.int64()),
        "bytes": pa.list_(pa.int64()),
        "generated": pa.string(),
    }
)


def write_predictions(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write the rows of all tasks; what a row does not have is null."""
    with atomic_write(path) as file:
        pq.write_table(pa.Table.from_pylist(rows, SCHEMA), file, compression="zstd")


def read_predictions(evaluation: str | Path) -> dict[str, list[dict[str, Any]]]:
    """The rows of an evaluation by task, as they were written. InputError when it holds none."""
    path = below(evaluation, PREDICTIONS_NAME)
    try:
        with open_bytes(path) as file:
            rows = pq.read_table(file).to_pylist()
    except pa.ArrowInvalid as error:
        raise InputError(f"not a Parquet file: {error}", where=path) from error
    tasks: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        tasks.setdefault(row["task"], []).append(row)
    return tasks
