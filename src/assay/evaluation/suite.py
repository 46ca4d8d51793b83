"""A suite: the tasks a model is judged by, from YAML. Importing this loads no torch.

name: mine
tasks:
  - name: handbook
    type: bits_per_byte
    data: heldout/handbook.jsonl
  - name: copa
    type: multiple_choice
    data: commonsense_reasoning/copa.jsonl
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.base.errors import InputError, unknown_name
from assay.base.files import is_remote
from assay.base.registry import look_up
from assay.base.settings import override, read_yaml, validate
from assay.catalog import catalog_path
from assay.evaluation.bits_per_byte import BitsPerByte
from assay.evaluation.task import Task
from assay.records.artifact import Identity

_FOLDER = "suites"
_KEYS = ("description", "name", "tasks")
_ENDINGS = ("", ".gz", ".zst")


@dataclass(frozen=True)
class Suite:
    """A name and tasks, whose data files are known to be there."""

    name: str
    tasks: tuple[Task, ...]

    def identity(self) -> dict[str, Any]:
        """Every setting of every task, data files by content: what makes two suites the same."""
        return {"name": self.name, "tasks": [task.identity() for task in self.tasks]}

    def heldout_files(self) -> list[str]:
        """The files of held-out text, which no training document should overlap."""
        files = (path for task in self.tasks if isinstance(task, BitsPerByte) for path in task.data)
        return list(dict.fromkeys(files))


def evaluation_identity(run: dict[str, Path], suite: Suite) -> Identity:
    """The evaluation of a run (its id and folder) on a suite, before it is made."""
    return Identity("evaluation", suite.name, {"suite": suite.identity()}, run)


def load_suite(source: str | Path, overrides: list[str] | None = None, data: Path | None = None) -> Suite:
    """A suite from a YAML file, or by its catalog name.

    Data files are looked for below ``data`` and beside the suite file, under their name or with .gz or .zst added.
    ``overrides`` are ``tasks.0.num_fewshot=5`` assignments. InputError names suite, task and key or file.
    """
    path = _find(str(source))
    value = read_yaml(path)
    if not isinstance(value, dict) or not isinstance(value.get("tasks"), list) or not value["tasks"]:
        raise InputError("a suite needs a list under the key 'tasks'", where=source)
    if overrides:
        value = override(value, overrides)
    for key in set(value) - set(_KEYS):
        raise unknown_name("key", str(key), _KEYS, source)
    places = [place for place in (data, path.parent) if place is not None]
    tasks = tuple(_parse(entry, f"{source}: task {number}", places) for number, entry in enumerate(value["tasks"], 1))
    names = [task.name for task in tasks]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"two tasks are called {name!r}", where=source)
    return Suite(str(value.get("name") or path.stem), tasks)


def _find(source: str) -> Path:
    if source.endswith((".yaml", ".yml")) or Path(source).is_file():
        return Path(source)
    path = catalog_path(_FOLDER, f"{source}.yaml")
    if not path.exists():
        raise unknown_name("suite", source, (file.stem for file in catalog_path(_FOLDER).glob("*.yaml")))
    return path


def _parse(entry: Any, where: str, places: list[Path]) -> Task:
    if not isinstance(entry, dict) or "type" not in entry:
        raise InputError("a task is a mapping with name, type and data", where=where)
    if "name" in entry:
        where = f"{where} ({entry['name']})"
    task = validate(look_up("tasks", str(entry["type"]), where), entry, where)
    return task.model_copy(update={"data": [_locate(file, where, places) for file in task.data]})


def _locate(file: str, where: str, places: list[Path]) -> str:
    if is_remote(file):
        return file
    for place in places:
        for ending in _ENDINGS:
            path = place / (file + ending)
            if path.is_file():
                return str(path)
    looked = " or ".join(str(place) for place in places)
    raise InputError(
        f"there is no data file {file!r} below {looked}", where=where, hint="say where it is with --data DIR"
    )
