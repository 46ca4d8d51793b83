"""What the filters of a recipe measure on every document of a pool, as an artifact: thresholds can be moved afterwards.

- ``values/00000.parquet``    a row for each document of a pool file: id, url, bytes, one column for each rule of each
                              filter, which modifier dropped it and why, and what it was before each modifier
- ``documents/00000.arrow``   the documents that no modifier dropped, as they are after all these steps
- ``counts/00000.json``       rows of the file that are no documents
- ``recipe.yaml``             the steps

``measure.py`` makes it, ``refilter.py`` makes datasets of it. Measured are the filters, modifiers and scorers before
the first step that needs all documents, learns, or splits.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from inspect import isfunction
from pathlib import Path
from typing import Any

from assay.curation.recipe import Recipe
from assay.curation.step import Filter, Modifier, Scorer, Step
from assay.records.artifact import Identity

KIND = "statistics"
FOLDERS = ("values", "documents", "counts", "quarantine")
RECIPE_NAME = "recipe.yaml"


def measured_part(recipe: Recipe) -> Recipe:
    """The steps of a recipe that statistics cover."""
    count = 0
    while count < len(recipe.steps) and isinstance(recipe.steps[count][1], Filter | Modifier | Scorer):
        count += 1
    return replace(recipe, steps=recipe.steps[:count])


def statistics_identity(pool_id: str, pool_folder: str | Path, recipe: Recipe) -> Identity:
    """What the statistics of a pool under a recipe are."""
    return Identity(KIND, recipe.name, {"steps": entries(recipe)}, {pool_id: pool_folder})


def entries(recipe: Recipe) -> list[dict[str, Any]]:
    """The measured steps as the record lists them: identity and, of a filter, what its rules measure, and the columns.

    A filter's ``columns`` are those of ``values`` that hold what its rules measure; a modifier's is the one that holds
    what it was given (bytes, url, start of the text) where it changed something.
    """
    part = measured_part(recipe)
    return [_entry(label, name, step) for label, (name, step) in zip(part.labels(), part.steps, strict=True)]


def _entry(label: str, name: str, step: Step) -> dict[str, Any]:
    found = {"step": name, "kind": step.kind, "identity": step.identity(), "label": label}
    if isinstance(step, Filter):
        return found | {"columns": _rule_columns(label, step), "measures": measures_of(step)}
    return found | {"columns": [f"before {label}"] if isinstance(step, Modifier) else []}


def _rule_columns(label: str, step: Filter) -> list[str]:
    names = [rule.name for rule in step.rules()]
    seen = [names[:index].count(name) for index, name in enumerate(names)]
    return [f"{label}: {name}" + f" ({count + 1})" * (count > 0) for name, count in zip(names, seen, strict=True)]


def measures_of(step: Filter) -> list[Any]:
    """What each rule of a filter measures, as JSON: equal for equal measurements in every process.

    Files are named by their content. A measurement that cannot be named, such as a lambda, is only equal to that of a
    step with the same parameters.
    """
    files = _files(step)
    named = []
    for number, rule in enumerate(step.rules()):
        try:
            named.append(_name(rule.measure, files))
        except _NamelessError:
            named.append({"rule": number, "of": step.identity()})
    return named


class _NamelessError(Exception):
    """A value that is not known by a name and its fields."""


def _name(value: Any, files: dict[str, Any]) -> Any:
    if isfunction(value) and "<" not in value.__qualname__:
        return f"{value.__module__}:{value.__qualname__}"
    if is_dataclass(value) and not isinstance(value, type):
        kind = type(value)
        parts = {field.name: _name(getattr(value, field.name), files) for field in fields(value)}
        return {"of": f"{kind.__module__}:{kind.__qualname__}", **parts}
    if isinstance(value, tuple | list):
        return [_name(each, files) for each in value]
    if isinstance(value, str):
        return files.get(value, value)
    if value is None or isinstance(value, int | float):
        return value
    raise _NamelessError


def _files(step: Step) -> dict[str, Any]:
    """The path of each file that a step names → its content."""
    identity = step.identity()
    found: dict[str, Any] = {}
    for name in step.file_parameters:
        paths, contents = getattr(step, name), identity.get(name)
        if isinstance(paths, list | tuple):
            found |= dict(zip(paths, contents or (), strict=True))
        elif paths is not None:
            found[paths] = contents
    return found
