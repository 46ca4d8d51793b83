"""A recipe: an ordered list of steps, from YAML.

    name: heuristics
    steps:
      - word_length_filter: {min_length: 3, max_length: 10}
      - massive_web_repetition_filters

``extends: NAME`` puts the steps of another recipe before these. DCLM's own form (a list of ``source:``/``steps:`` with
``func:``) is read as well.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.base.errors import InputError, unknown_name
from assay.base.registry import look_up
from assay.base.settings import override, read_yaml, validate
from assay.catalog import catalog_path
from assay.curation.step import Step
from assay.pools.formats import format_of
from assay.records.artifact import Identity
from assay.records.record import Record

_KEYS = {"name", "description", "extends", "steps"}
_EXTRACTION = "html_extraction"
_DECONTAMINATION = "decontamination"


@dataclass(frozen=True)
class Recipe:
    """A name and the steps, in order."""

    name: str
    steps: tuple[tuple[str, Step], ...]
    """Each step under the name by which the recipe called it."""

    def for_pool(self, pool: Record) -> Recipe:
        """This recipe, beginning with HTML extraction when the pool holds web pages and the recipe does not."""
        if not _holds_pages(pool) or any(name == _EXTRACTION for name, _ in self.steps):
            return self
        return Recipe(self.name, ((_EXTRACTION, look_up("steps", _EXTRACTION)()), *self.steps))

    def decontaminated(self, against: list[str]) -> Recipe:
        """This recipe, dropping documents that overlap the text in the files ``against`` before anything else."""
        step = look_up("steps", _DECONTAMINATION)(against=against)
        first = 1 if self.steps and self.steps[0][0] == _EXTRACTION else 0
        return Recipe(self.name, (*self.steps[:first], (_DECONTAMINATION, step), *self.steps[first:]))

    def identity(self) -> list[dict[str, Any]]:
        """Every step with every parameter, files by content: what makes two recipes the same."""
        return [{"step": name, **step.identity()} for name, step in self.steps]


def dataset_identity(pool_id: str, pool_folder: Path, recipe: Recipe) -> Identity:
    """What the dataset of a recipe and a pool is."""
    return Identity("dataset", recipe.name, {"recipe": recipe.identity()}, {pool_id: pool_folder})


def _holds_pages(pool: Record) -> bool:
    return any(format_of(output.path) == "warc" for output in pool.outputs)


@dataclass
class _Written:
    """A step as it is written in a file."""

    name: str
    parameters: dict[str, Any]
    where: str
    folder: Path
    """What its file names are relative to."""


def load_recipe(source: str | Path, overrides: list[str] | None = None) -> Recipe:
    """A recipe from a YAML file or by its catalog name; InputError names file, step and parameter.

    ``overrides`` are ``word_length_filter.max_length=9`` assignments; they reach the steps of extended recipes too.
    """
    name, written = _read(_find(str(source), Path()), str(source))
    return _build(name, written, overrides or [])


def parse_recipe(value: Any, where: str, folder: Path) -> Recipe:
    """A recipe from the value in its YAML. Files that steps name are relative to ``folder``."""
    return _build(*_read_value(value, where, folder), [])


def _find(source: str, folder: Path, where: str | None = None) -> Path:
    if source.endswith((".yaml", ".yml")) or (folder / source).is_file():
        return folder / source
    path = catalog_path("recipes", f"{source}.yaml")
    if not path.exists():
        raise unknown_name("recipe", source, (file.stem for file in catalog_path("recipes").glob("*.yaml")), where)
    return path


def _read(path: Path, where: str, below: tuple[Path, ...] = ()) -> tuple[str, list[_Written]]:
    if path in below:
        chain = " → ".join(file.stem for file in (*below, path))
        raise InputError(f"a recipe extends itself: {chain}", where=where)
    return _read_value(read_yaml(path), where, path.parent, (*below, path))


def _read_value(value: Any, where: str, folder: Path, below: tuple[Path, ...] = ()) -> tuple[str, list[_Written]]:
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict) and "source" in value[0]:
        value = {"name": Path(where).stem, "steps": value[0].get("steps")}
    if not isinstance(value, dict) or not isinstance(value.get("steps"), list):
        raise InputError("a recipe needs a list under the key 'steps'", where=where)
    unknown = sorted(map(str, set(value) - _KEYS))
    if unknown:
        raise InputError(f"unknown key {unknown[0]!r}", where=where, hint=f"known keys: {', '.join(sorted(_KEYS))}")
    steps = [
        _Written(*_name_and_parameters(entry, f"{where}: step {number}"), f"{where}: step {number}", folder)
        for number, entry in enumerate(value["steps"], 1)
    ]
    if "extends" in value:
        extended = str(value["extends"])
        steps = _read(_find(extended, folder, where), extended, below)[1] + steps
    return str(value.get("name") or Path(where).stem), steps


def _name_and_parameters(entry: Any, where: str) -> tuple[str, dict[str, Any]]:
    if isinstance(entry, str):
        return entry, {}
    if isinstance(entry, dict) and "func" in entry:
        return str(entry["func"]), {key: value for key, value in entry.items() if key != "func"}
    if isinstance(entry, dict) and len(entry) == 1:
        ((name, parameters),) = entry.items()
        if parameters is None or isinstance(parameters, dict):
            return str(name), dict(parameters or {})
    keys = f"found the keys {', '.join(map(str, entry))}; " if isinstance(entry, dict) else ""
    raise InputError(
        "a step is a name, or a name with a mapping of parameters",
        where=where,
        hint=f"{keys}write - step_name: {{parameter: value}}, or indent the parameters below the name",
    )


def _build(name: str, written: list[_Written], overrides: list[str]) -> Recipe:
    for assignment in overrides:
        _override(written, assignment)
    return Recipe(name, tuple((step.name, _validated(step)) for step in written))


def _override(written: list[_Written], assignment: str) -> None:
    """Change one parameter of the step that the assignment names."""
    name, _, rest = assignment.partition(".")
    counts = Counter(step.name for step in written)
    if name not in counts:
        raise unknown_name("step of the recipe", name, counts, "--set")
    if counts[name] > 1:
        raise InputError(f"the recipe has {counts[name]} steps {name}", where="--set", hint="write a recipe file")
    step = next(step for step in written if step.name == name)
    step.parameters = override(step.parameters, [rest])


def _validated(step: _Written) -> Step:
    kind = look_up("steps", step.name, step.where)
    where = f"{step.where} ({step.name})"
    for parameter in kind.file_parameters:
        if parameter in step.parameters:
            step.parameters[parameter] = _beside(step.parameters[parameter], step.folder, f"{where}: {parameter}")
    return validate(kind, step.parameters, where)


def _beside(value: Any, folder: Path, where: str) -> Any:
    """File names as they are seen from the recipe's folder. InputError when there is no such file."""
    if isinstance(value, list):
        return [_beside(entry, folder, where) for entry in value]
    if not isinstance(value, str) or "://" in value:
        return value
    for path in (folder / value, Path(value)):
        if path.is_file():
            return str(path)
    raise InputError(f"there is no file {value!r} beside the recipe or here", where=where)
