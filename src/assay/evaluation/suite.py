"""A suite: the tasks a model is judged by, from YAML. Importing this loads no torch.

name: mine
tasks:
  - name: handbook
    type: bits_per_byte
    data: heldout/handbook.jsonl
  - name: copa
    type: multiple_choice
    data: commonsense_reasoning/copa.jsonl

A YAML file of llm-foundry or DCLM, with ``icl_tasks``, is a suite as it is. A suite may also take tasks of another,
with ``from`` and ``labels``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.base.errors import InputError, unknown_name
from assay.base.files import cache_folder, is_remote
from assay.base.progress import log
from assay.base.registry import look_up
from assay.base.settings import override, read_yaml, validate
from assay.catalog import catalog_path
from assay.evaluation import llm_foundry
from assay.evaluation.bits_per_byte import BitsPerByte
from assay.evaluation.task import Task
from assay.records.artifact import Identity

_FOLDER = "suites"
_KEYS = ("description", "name", "tasks", "from", "labels")
_ENDINGS = ("", ".gz", ".zst")


@dataclass(frozen=True)
class Suite:
    """A name and tasks; those of ``load_suite`` have data files that are known to be there."""

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


def load_suite(
    source: str | Path,
    overrides: list[str] | None = None,
    data: Path | None = None,
    skip_missing: bool = False,
    only: list[str] | None = None,
) -> Suite:
    """A suite from a YAML file, or by its catalog name.

    Data files are looked for below ``data``, beside the suite file and where ``assay tasks fetch`` puts them, under
    their name or with .gz or .zst added. With ``skip_missing``, tasks whose data are nowhere are left out, and named on
    stderr; ``only`` names the tasks to take. ``overrides`` are ``tasks.0.num_fewshot=5`` assignments. InputError names
    suite, task and key or file.
    """
    suite = read_suite(source, overrides)
    if only:
        suite = Suite(suite.name, tuple(task_named(name, suite) for name in only))
    places = data_places(source, data)
    located = [task for task in (locate(task, places) for task in suite.tasks) if task is not None]
    there = {task.name for task in located}
    missing = [task for task in suite.tasks if task.name not in there]
    if missing and not (located and skip_missing):
        raise _missing(missing, source, places)
    if missing:
        log(f"{source}: left out, for want of their data: {_shown(missing)}")
    return Suite(suite.name, tuple(located))


def read_suite(source: str | Path, overrides: list[str] | None = None) -> Suite:
    """A suite whose tasks name their data files as the YAML file does. InputError names suite, task and key."""
    path = _find(str(source))
    value = _read(path, source)
    if overrides:
        value = override(value, overrides)
    for key in set(value) - set(_KEYS):
        raise unknown_name("key", str(key), _KEYS, source)
    tasks = tuple(_parse(entry, f"{source}: task {number}") for number, entry in enumerate(value["tasks"], 1))
    names = [task.name for task in tasks]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"two tasks are called {name!r}", where=source)
    return Suite(str(value.get("name") or path.stem), tasks)


def _read(path: Path, source: str | Path) -> dict[str, Any]:
    """The value of a suite file, with its tasks under the key 'tasks'."""
    value = read_yaml(path)
    if isinstance(value, dict) and "icl_tasks" in value:
        kept = {key: value[key] for key in ("name", "description") if key in value}
        value = kept | {"tasks": llm_foundry.tasks_of(value, source)}
    elif isinstance(value, dict) and "from" in value:
        value = value | {"tasks": _selected(value, source)}
    if not isinstance(value, dict) or not isinstance(value.get("tasks"), list) or not value["tasks"]:
        raise InputError("a suite needs a list under the key 'tasks'", where=source, hint="or icl_tasks, or from")
    return value


def _selected(value: dict[str, Any], source: str | Path) -> list[dict[str, Any]]:
    """The tasks of another suite that ``labels`` names, in this order."""
    other = str(value["from"])
    path = _find(other)
    if "from" in (read_yaml(path) or {}):
        raise InputError(f"{other} takes its tasks from another suite itself", where=source, hint="name that one")
    known = {str(task.get("name")): task for task in _read(path, other)["tasks"] if isinstance(task, dict)}
    labels = value.get("labels", list(known))
    if not isinstance(labels, list):
        raise InputError("'labels' must be a list of names of tasks", where=source)
    for label in labels:
        if label not in known:
            raise unknown_name("task", str(label), known, source)
    return [known[label] for label in labels]


def task_named(name: str, suite: Suite) -> Task:
    """The task of a suite with this name; InputError with near misses when there is none."""
    tasks = {task.name: task for task in suite.tasks}
    if name not in tasks:
        raise unknown_name("task", name, tasks, suite.name)
    return tasks[name]


def data_places(source: str | Path, data: Path | None) -> list[Path]:
    """The folders in which the data files of a suite are looked for."""
    return [place for place in (data, _find(str(source)).parent, tasks_folder()) if place is not None]


def tasks_folder() -> Path:
    """Where ``assay tasks fetch`` puts the data of tasks unless it is told otherwise."""
    return cache_folder() / "tasks"


def _find(source: str) -> Path:
    if source.endswith((".yaml", ".yml")) or Path(source).is_file():
        return Path(source)
    path = catalog_path(_FOLDER, f"{source}.yaml")
    if not path.exists():
        raise unknown_name("suite", source, (file.stem for file in catalog_path(_FOLDER).glob("*.yaml")))
    return path


def _parse(entry: Any, where: str) -> Task:
    if not isinstance(entry, dict) or "type" not in entry:
        raise InputError("a task is a mapping with name, type and data", where=where)
    if "name" in entry:
        where = f"{where} ({entry['name']})"
    return validate(look_up("tasks", str(entry["type"]), where), entry, where)


def locate(task: Task, places: list[Path]) -> Task | None:
    """The task with the paths of its data files in these folders; None when one is in none."""
    paths = [_find_data(file, places) for file in task.data]
    return None if None in paths else task.model_copy(update={"data": paths})


def _find_data(file: str, places: list[Path]) -> str | None:
    if is_remote(file):
        return file
    names = dict.fromkeys((file, llm_foundry.without_local(file)))
    paths = (place / (name + ending) for place in places for name in names for ending in _ENDINGS)
    return next((str(path) for path in paths if path.is_file()), None)


def _missing(tasks: list[Task], source: str | Path, places: list[Path]) -> InputError:
    """The error for tasks without data."""
    hint = "say where they are with --data DIR; get those of the catalog with `assay tasks fetch`"
    return InputError(
        f"there are no data files below {' or '.join(map(str, places))} of {_shown(tasks)}", where=source, hint=hint
    )


def _shown(tasks: list[Task]) -> str:
    return ", ".join(f"{task.name} ({', '.join(task.data)})" for task in tasks)
