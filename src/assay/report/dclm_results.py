"""Evaluations that DCLM published → rows of the board.

Its repository's ``exp_data`` as it is (``evals/*.json`` name the models of ``models/*.json``), single evaluation JSONs,
or a collection of them in one file, gzipped or not: ``{"evals": [{"icl": {task: score}, "model_ref": {…}}, …]}``.
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

from assay.base.errors import InputError
from assay.base.settings import read_yaml
from assay.catalog import catalog_path
from assay.evaluation.aggregates import Version
from assay.report.standings import Model, Standing, standing

_SAME = 0.01
"""Relative difference up to which parameters and tokens are those of a scale: DCLM rounds both."""


def is_published(path: Path) -> bool:
    """Whether a path is one that ``published_standings`` reads, and no folder of assay's."""
    return path.is_file() or (path / "evals").is_dir()


def published_standings(path: Path, version: Version = "v2") -> list[Standing]:
    """The rows of a file, or of an ``exp_data`` folder. InputError for content of another kind."""
    if path.is_dir():
        models = {
            model["uuid"]: model for model in map(_read, sorted(path.glob("models/**/*.json"))) if "uuid" in model
        }
        files = sorted(path.glob("evals/**/*.json"))
        return [_row(_read(file), models, version, file) for file in files]
    content = _read(path)
    evaluations = content["evals"] if isinstance(content.get("evals"), list) else [content]
    return [_row(each, {}, version, path) for each in evaluations]


def _read(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    try:
        content = json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"not JSON: {error}", where=path) from error
    if not isinstance(content, dict):
        raise InputError("is not an evaluation of DCLM", where=path, hint="a JSON object with eval_metrics.icl")
    return content


def _row(evaluation: dict[str, Any], models: dict[str, Any], version: Version, path: Path) -> Standing:
    scores = evaluation.get("icl") or evaluation.get("eval_metrics", {}).get("icl")
    if not isinstance(scores, dict):
        raise InputError("is not an evaluation of DCLM", where=path, hint="it has eval_metrics.icl")
    model = evaluation.get("model_ref") or models.get(str(evaluation.get("model_uuid")), {})
    settings = model.get("hyperparameters") or model
    dataset = model.get("dataset_name") or evaluation.get("model_name") or evaluation.get("model") or path.stem
    parameters, tokens = settings.get("params"), settings.get("tokens")
    scale = _scale(parameters, tokens)
    known = Model(dataset, str(evaluation.get("uuid", "")), None, scale, None, parameters, tokens)
    return standing(known, scores, version)


def _scale(parameters: float | None, tokens: float | None) -> str | None:
    if not parameters or not tokens:
        return None
    for name, (own_parameters, own_tokens) in _published_scales().items():
        if abs(parameters / own_parameters - 1) < _SAME and abs(tokens / own_tokens - 1) < _SAME:
            return name
    return None


@cache
def _published_scales() -> dict[str, tuple[float, float]]:
    """Parameters and tokens of DCLM's scales."""
    scales = {path.stem: read_yaml(path) for path in sorted(catalog_path("scales").glob("dclm-*.yaml"))}
    return {name: (scale["published"]["parameters"], scale["tokens"]) for name, scale in scales.items()}
