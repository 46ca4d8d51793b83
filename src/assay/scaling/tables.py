"""Runs from a table: CSV, Parquet or JSONL with a row for each trained model.

Columns: ``params`` and ``tokens`` (or ``flops`` = 6·N·D in place of one of them); ``loss``, or ``loss_NAME`` for
several evaluation sets; and, if there, ``error`` or ``error_NAME``/``err_NAME``, ``acc_NAME``, ``params_no_embed``,
``group`` and ``name``. Others are ignored.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from assay.base.errors import InputError
from assay.scaling.runs import Runs

SUFFIXES = (".csv", ".parquet", ".jsonl")
_ALIASES = {
    "params": ("params", "N", "n_params", "parameters", "Model Size"),
    "tokens": ("tokens", "D", "n_tokens"),
    "flops": ("flops", "flops_6nd", "C", "Training FLOP"),
    "body": ("params_no_embed", "params_non_embedding", "non_embedding_params"),
    "group": ("group", "train_dataset", "experiment", "dataset", "corpus", "mix"),
    "name": ("name", "run"),
}
_BOUNDS = ("_lo95", "_hi95", "_lower_95", "_upper_95")
_MAIN = "loss"
"""What a column without a name of its own is called, as a loss; an error is called ``error``."""


def read_table(path: Path) -> Runs:
    """The runs in a file. InputError when it is no table, or a column that is needed is absent or holds no numbers."""
    columns = _load(path)
    found = {key: next((name for name in names if name in columns), None) for key, names in _ALIASES.items()}
    sizes = _sizes(columns, found, path)
    losses = {name: _numbers(columns, column, path) for name, column in _losses(columns).items()}
    if not losses:
        raise InputError(f"has no column loss; it has {_shown(columns)}", where=path, hint="name it loss or loss_NAME")
    errors = _errors(columns, path)
    for values in (*sizes.values(), *losses.values()):
        _refuse(values <= 0, values, "not above zero", path)
    for values in errors.values():
        _refuse((values < 0) | (values > 1), values, "an error outside [0, 1]", path)
    rows = len(sizes["params"])
    group, name = found["group"], found["name"]
    return Runs(
        np.array(columns[name] if name else [f"row {row + 1}" for row in range(rows)], dtype=object),
        np.array(columns[group] if group else ["all"] * rows, dtype=object),
        sizes["params"],
        sizes["tokens"],
        losses,
        errors,
        _numbers(columns, found["body"], path) if found["body"] else None,
    )


def _load(path: Path) -> dict[str, list[Any]]:
    import pyarrow as pa
    from pyarrow.csv import read_csv
    from pyarrow.json import read_json
    from pyarrow.parquet import read_table as read_parquet

    readers = {".csv": read_csv, ".parquet": read_parquet, ".jsonl": read_json}
    if path.suffix not in readers:
        raise InputError("is not a table that assay reads", where=path, hint=f"one of {', '.join(SUFFIXES)}")
    try:
        table = readers[path.suffix](path)
    except pa.ArrowException as error:
        raise InputError(f"could not be read: {error}", where=path) from error
    if not len(table):
        raise InputError("holds no rows", where=path)
    return table.to_pydict()


def _sizes(columns: dict[str, list[Any]], found: dict[str, str | None], path: Path) -> dict[str, np.ndarray]:
    """Parameters and tokens; one of them may be what the compute leaves."""
    known = {key: _numbers(columns, name, path) for key in ("params", "tokens", "flops") if (name := found[key])}
    for wanted, other in (("params", "tokens"), ("tokens", "params")):
        if wanted not in known and other in known and "flops" in known:
            known[wanted] = known["flops"] / (6 * known[other])
        if wanted not in known:
            hint = "params and tokens are needed, or one of them and flops"
            raise InputError(f"has no column {wanted}; it has {_shown(columns)}", where=path, hint=hint)
    return known


def _losses(columns: dict[str, list[Any]]) -> dict[str, str]:
    named = {name.removeprefix("loss_"): name for name in columns if name.startswith("loss_")}
    named = {name: column for name, column in named.items() if not name.endswith(_BOUNDS)}
    return ({_MAIN: "loss"} if "loss" in columns else {}) | named


def _errors(columns: dict[str, list[Any]], path: Path) -> dict[str, np.ndarray]:
    errors = {"error": _numbers(columns, "error", path)} if "error" in columns else {}
    for column in columns:
        for prefix in ("error_", "err_"):
            if column.startswith(prefix):
                errors[column.removeprefix(prefix)] = _numbers(columns, column, path)
        if column.startswith("acc_"):
            errors[column.removeprefix("acc_")] = 1 - _numbers(columns, column, path)
    return errors


def _numbers(columns: dict[str, list[Any]], name: str | None, path: Path) -> np.ndarray:
    assert name is not None
    values = columns[name]
    try:
        return np.array([np.nan if value is None or value == "" else float(value) for value in values])
    except (TypeError, ValueError) as error:
        raise InputError(f"column {name} holds something that is no number: {error}", where=path) from error


def _refuse(bad: np.ndarray, values: np.ndarray, what: str, path: Path) -> None:
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError(f"{values[row]:g} is {what}", where=f"{path}, row {row + 1}")


def _shown(columns: dict[str, list[Any]]) -> str:
    names = list(columns)
    return ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
