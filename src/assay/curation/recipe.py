"""A recipe: an ordered list of steps, from YAML.

    name: heuristics
    steps:
      - word_length_filter: {min_length: 3, max_length: 10}
      - massive_web_repetition_filters

``extends: NAME`` puts the steps of another recipe before these; ``output:`` says how the dataset is written; ``track:
image-text`` says that the candidates are image–text pairs (see ``pairs``), which otherwise the pool tells. DCLM's own
form (a list of ``source:``/``steps:`` with ``func:``) is read as well; in it, parameters that begin with ``_`` are
about DCLM's own bookkeeping and change nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from assay.base.errors import InputError, unknown_name
from assay.base.files import is_remote
from assay.base.registry import look_up
from assay.base.settings import Settings, override, read_yaml, validate
from assay.base.units import Bytes
from assay.catalog import catalog_path
from assay.curation.step import Step
from assay.curation.written import Written, override_steps, written
from assay.pools.formats import format_of
from assay.records.artifact import Identity
from assay.records.record import Record

Format = Literal["jsonl", "parquet"]
Track = Literal["text", "image-text"]

_KEYS = {"name", "description", "extends", "track", "steps", "output"}
_TRACKS = get_args(Track)
_OUTPUT_KEY = "output."
_DECONTAMINATION = "decontamination"
EXTRACTION = "html_extraction"
"""The step with which recipes for web pages begin."""


class Output(Settings):
    """How a dataset is written."""

    format: Format = "jsonl"
    """``jsonl``: one object a line, zstd; ``parquet``: columns, what else the pool knew as JSON in the column rest."""
    shard_size: Bytes = Bytes(256_000_000)
    """About so many bytes a file, compressed."""


_OUTPUT = Output()


@dataclass(frozen=True)
class Recipe:
    """A name and the steps, in order."""

    name: str
    steps: tuple[tuple[str, Step], ...]
    """Each step under the name by which the recipe called it."""
    output: Output = _OUTPUT
    track: Track | None = None
    """What the candidates are; None: whatever the pool holds."""

    def for_pool(self, pool: Record) -> Recipe:
        """This recipe, beginning with HTML extraction when the pool holds web pages and the recipe does not."""
        if not holds_pages(pool) or any(name == EXTRACTION for name, _ in self.steps):
            return self
        return replace(self, steps=((EXTRACTION, look_up("steps", EXTRACTION)()), *self.steps))

    def decontaminated(self, against: list[str]) -> Recipe:
        """This recipe, dropping documents that overlap the text in the files ``against`` before anything else."""
        step = look_up("steps", _DECONTAMINATION)(against=against)
        first = 1 if self.steps and self.steps[0][0] == EXTRACTION else 0
        return replace(self, steps=(*self.steps[:first], (_DECONTAMINATION, step), *self.steps[first:]))

    def without(self, index: int) -> Recipe:
        """This recipe without one of its steps."""
        return replace(self, steps=self.steps[:index] + self.steps[index + 1 :])

    def labels(self) -> list[str]:
        """What ``--set`` calls each step: its name, with its number where several bear the name."""
        return labels_of([name for name, _ in self.steps])

    def as_written(self) -> dict[str, Any]:
        """What a file of this recipe says: the parameters that were set, files by their absolute path."""
        steps = [{name: _parameters(step)} for name, step in self.steps]
        track = {"track": self.track} if self.track else {}
        return {"name": self.name, **track, "steps": steps, "output": self.output.model_dump(mode="json")}

    def identity(self) -> list[dict[str, Any]]:
        """Every step with every parameter, files by content: what makes two recipes the same."""
        return [{"step": name, **step.identity()} for name, step in self.steps]


def labels_of(names: list[str]) -> list[str]:
    """Each name, with its number where it occurs more than once."""
    numbers = [names[: index + 1].count(name) for index, name in enumerate(names)]
    return [f"{name}#{number}" if names.count(name) > 1 else name for name, number in zip(names, numbers, strict=True)]


def _parameters(step: Step) -> dict[str, Any]:
    values = step.model_dump(mode="json", exclude_unset=True)
    return {name: _absolute(value) if name in step.file_parameters else value for name, value in values.items()}


def _absolute(files: Any) -> Any:
    if isinstance(files, list):
        return [_absolute(file) for file in files]
    return files if files is None or is_remote(files) else os.path.abspath(files)


def dataset_identity(pool_id: str, pool_folder: str | Path, recipe: Recipe) -> Identity:
    """What the dataset of a recipe and a pool is."""
    config = {"recipe": recipe.identity(), "output": recipe.output.model_dump(mode="json")}
    return Identity("dataset", recipe.name, config, {pool_id: pool_folder})


def holds_pages(pool: Record) -> bool:
    """Whether a pool has web pages, whose text must be extracted."""
    return any(format_of(output.path) == "warc" for output in pool.outputs)


@dataclass
class _Contents:
    """What a recipe file says, with the recipes that it extends."""

    name: str
    steps: list[Written]
    output: dict[str, Any]
    track: Track | None = None


def load_recipe(source: str | Path, overrides: Iterable[str] = (), files: Iterable[Path] = ()) -> Recipe:
    """A recipe from a YAML file, local or remote, or by its catalog name; InputError names file, step and parameter.

    ``overrides`` are assignments; they reach the steps of extended recipes too:

    - ``word_length_filter.max_length=9`` sets a parameter; ``url_substring_filter#2.num_banned_substrs=3`` that of the
      second step of this name
    - ``url_removal_modifier=off`` leaves steps out
    - ``output.format=parquet`` sets how the dataset is written

    ``files`` are folders in which the files that steps name are looked for, besides the recipe's folder and this one.
    """
    return _build(_read(_find(str(source), Path()), str(source)), list(overrides), list(files))


def parse_recipe(value: Any, where: str, folder: Path) -> Recipe:
    """A recipe from the value in its YAML. Files that steps name are relative to ``folder``."""
    return _build(_read_value(value, where, folder), [], [])


def _find(source: str, folder: Path, where: str | None = None) -> str | Path:
    if is_remote(source):
        return source
    if source.endswith((".yaml", ".yml")) or (folder / source).is_file():
        return folder / source
    path = catalog_path("recipes", f"{source}.yaml")
    if not path.exists():
        raise unknown_name("recipe", source, (file.stem for file in catalog_path("recipes").glob("*.yaml")), where)
    return path


def _read(path: str | Path, where: str, below: tuple[str | Path, ...] = ()) -> _Contents:
    if path in below:
        chain = " → ".join(Path(file).stem for file in (*below, path))
        raise InputError(f"a recipe extends itself: {chain}", where=where)
    folder = Path() if is_remote(path) else Path(path).parent
    return _read_value(read_yaml(path), where, folder, (*below, path))


def _read_value(value: Any, where: str, folder: Path, below: tuple[str | Path, ...] = ()) -> _Contents:
    if isinstance(value, list):
        value = {"name": Path(where).stem, "steps": _steps_of_source(value, where)}
    if not isinstance(value, dict) or not isinstance(value.get("steps"), list):
        raise InputError("a recipe needs a list under the key 'steps'", where=where)
    unknown = sorted(map(str, set(value) - _KEYS))
    if unknown:
        raise InputError(f"unknown key {unknown[0]!r}", where=where, hint=f"known keys: {', '.join(sorted(_KEYS))}")
    places = (f"{where}: step {number}" for number in range(1, len(value["steps"]) + 1))
    steps = [written(entry, place, folder) for entry, place in zip(value["steps"], places, strict=True)]
    track = value.get("track")
    if track is not None and track not in _TRACKS:
        raise unknown_name("track", str(track), _TRACKS, where)
    contents = _Contents(str(value.get("name") or Path(where).stem), steps, value.get("output") or {}, track)
    if "extends" in value:
        extended = str(value["extends"])
        base = _read(_find(extended, folder, where), extended, below)
        output, track = base.output | contents.output, contents.track or base.track
        contents = replace(contents, steps=base.steps + steps, output=output, track=track)
    return contents


def _steps_of_source(sources: list[Any], where: str) -> Any:
    """The steps in DCLM's form: a list of sources, of which there must be one."""
    if len(sources) == 1 and isinstance(sources[0], dict) and "source" in sources[0]:
        return sources[0].get("steps")
    raise InputError(
        f"a list of {len(sources)} is not a recipe: DCLM's form is a list with one source and its steps",
        where=where,
        hint="write one recipe file for each source",
    )


def _build(contents: _Contents, overrides: list[str], files: list[Path]) -> Recipe:
    steps, output = contents.steps, contents.output
    for assignment in overrides:
        if assignment.startswith(_OUTPUT_KEY):
            output = override(output, [assignment.removeprefix(_OUTPUT_KEY)])
        else:
            steps = override_steps(steps, assignment)
    return Recipe(
        contents.name,
        tuple((step.name, step.validated(files)) for step in steps),
        validate(Output, output, f"{contents.name}: output"),
        contents.track,
    )
