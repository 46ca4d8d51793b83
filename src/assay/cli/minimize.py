"""assay minimize"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assay.cli.output import Json, print_json, print_rich, table


def minimize(
    network: Path,
    /,
    *,
    data: Path,
    out: Path,
    units: str = "auto",
    method: str = "auto",
    min_agreement: float = 0.98,
    keep: float = 0.1,
    seed: int = 0,
    json_: Json = False,
) -> None:
    """Make a two-layer ReLU network smaller, and say what that changes on samples held out.

    Parameters
    ----------
    network
        A .safetensors or .onnx file: an affine layer, ReLU, an affine layer.
    data
        Samples of its inputs: a .npy file, or a .npz file of data and, to measure accuracy or AUC, labels.
    out
        Folder of the smaller network to make.
    units
        Hidden units to leave: a number, a share below 1, or auto: the fewest that agree.
    method
        How: auto, merge, stable, heuristic, omp, obs, ...; a wrong name lists them.
    min_agreement
        For --units auto: share of samples with the same decision.
    keep
        The share that a filter keeps, of a network of one output.
    seed
        Of whatever is drawn at random.

    """
    from assay.tropical.minimize import minimize as run

    record = run(
        network,
        data,
        out,
        units=None if units == "auto" else _number(units),
        method=method,
        min_agreement=min_agreement,
        keep=keep,
        seed=seed,
    )
    if json_:
        print_json({"id": record.id, "folder": str(out), **record.metrics})
        return
    print_rich(_sizes(record.metrics))
    print_rich(_changes(record.metrics))
    print(out)


def _number(units: str) -> float:
    from assay.base.errors import InputError

    try:
        return float(units)
    except ValueError as error:
        hint = "a number of units, a share below 1, or auto"
        raise InputError(f"not a number: {units!r}", where="--units", hint=hint) from error


def _sizes(metrics: dict[str, Any]) -> Any:
    rows = [[name, *metrics[name].values()] for name in ("before", "after")]
    return table(None, ["", "hidden units", "linear path", "multiply-adds", "samples/s"], rows)


def _changes(metrics: dict[str, Any]) -> Any:
    """What the smaller network says, beside what a linear function can say."""
    shown = {key: value for key, value in metrics["comparison"].items() if value is not None}
    rows = []
    for name in ("comparison", "linear_fit"):
        values = [metrics[name][key] for key in shown]
        cells = [f"{v[0]:.4f} → {v[1]:.4f}" if isinstance(v, (list, tuple)) else v for v in values]
        rows.append(["smaller network" if name == "comparison" else "linear fit", *cells])
    held_out = metrics["samples"]["held_out"]
    return table(f"On {held_out:,} samples held out", ["", *shown], rows)
