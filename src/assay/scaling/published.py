"""The published testbed of arXiv 2403.08540 as it is: ``exp_data/models/*.json`` and ``exp_data/evals/*.json``."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from assay.base.errors import InputError
from assay.base.settings import read_yaml
from assay.catalog import catalog_path
from assay.scaling.runs import Runs


@cache
def testbed() -> dict[str, Any]:
    """What the catalog knows of the testbed: its names, the models that the paper fits, its tasks."""
    return read_yaml(catalog_path("scaling", "overtraining.yaml"))


def find_published(folder: Path) -> Path | None:
    """The ``exp_data`` folder at or in a folder; None when there is none."""
    return next((each for each in (folder, folder / "exp_data") if any((each / "models").glob("*.json"))), None)


def read_published(folder: Path) -> Runs:
    """All models of an ``exp_data`` folder, under assay's names of training sets and losses.

    Errors are 1 - accuracy of each task, where the model's evaluation is there. InputError names the file that lacks
    something.
    """
    rows = [_read_model(file, folder / "evals") for file in sorted((folder / "models").glob("*.json"))]

    def column(kind: str) -> dict[str, np.ndarray]:
        names = dict.fromkeys(name for row in rows for name in row[kind])
        return {name: np.array([row[kind].get(name, np.nan) for row in rows]) for name in names}

    return Runs(
        np.array([row["name"] for row in rows], dtype=object),
        np.array([row["group"] for row in rows], dtype=object),
        np.array([row["params"] for row in rows], dtype=float),
        np.array([row["tokens"] for row in rows], dtype=float),
        column("losses"),
        column("errors"),
        np.array([row["body"] for row in rows], dtype=float),
    )


def _read_model(file: Path, evaluations: Path) -> dict[str, Any]:
    try:
        model = json.loads(file.read_text(encoding="utf-8"))
        settings = model["hyperparameters"]
        return {
            "name": model["name"],
            "group": testbed()["train_sets"].get(model["dataset_name"], model["dataset_name"]),
            "params": settings["params"],
            "tokens": settings["tokens"],
            "body": settings["params_no_embed"],
            "losses": {_loss_name(result["val_data"][0]): result["loss"] for result in model["results"]},
            "errors": _errors(evaluations / f"evaluation_{file.stem}_heavy.json"),
        }
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise InputError(f"is not a model of the published testbed: {error!r}", where=file) from error


def _loss_name(val_data: str) -> str:
    """The evaluation set of a path such as ``…/paloma_ptb/00000001.tar``; of the German set, the file names it."""
    *_, folder, file = val_data.split("/")
    name = file.split(".")[0] if "de-en" in folder else folder
    return testbed()["losses"].get(name, name)


def _errors(file: Path) -> dict[str, float]:
    if not file.exists():
        return {}
    accuracies = json.loads(file.read_text(encoding="utf-8"))["eval_metrics"]["icl"]
    return {task: 1 - accuracy for task, accuracy in accuracies.items()}
