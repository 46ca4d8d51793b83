"""llm-foundry's evaluation YAML (``icl_tasks``), such as DCLM's ``eval/heavy.yaml``, as the tasks of a suite.

What the file says of models, tokenizers and batches is left aside: it is not about tasks.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from assay.base.errors import InputError
from assay.evaluation.aggregates import aggregated_tasks

_NAMES = {"label": "name", "icl_task_type": "type", "dataset_uri": "data"}
_LEFT_ASIDE = frozenset({"batch_size", "metric_names", "num_beams", "destination_path"})
"""How the work is done, or what else is measured; it does not change the accuracy."""
_LOCAL = "local_data"
"""The folder of llm-foundry's task files; ``--data`` may be it, or hold it."""


def tasks_of(value: dict[str, Any], where: object) -> list[dict[str, Any]]:
    """The entries of ``icl_tasks`` in the keys of a suite; one for each number of examples.

    InputError when the key does not hold a list of mappings, or a task lies in a Hugging Face data set.
    """
    entries = value["icl_tasks"]
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        hint = "list the tasks here, each with label, dataset_uri, num_fewshot and icl_task_type"
        raise InputError("'icl_tasks' must be a list of mappings", where=where, hint=hint)
    shared = {"max_seq_len": value["max_seq_len"]} if value.get("max_seq_len") else {}
    return [task for entry in entries for task in _tasks(shared | entry, where)]


def _tasks(entry: dict[str, Any], where: object) -> list[dict[str, Any]]:
    task = {_NAMES.get(key, key): setting for key, setting in entry.items() if key not in _LEFT_ASIDE}
    where = f"{where}: {task.get('name', 'a task without label')}"
    if str(task.get("data", "")).startswith("hf://"):
        hint = "write it as JSON lines, and name the file"
        raise InputError("the data of a Hugging Face data set are not read", where=where, hint=hint)
    if str(task.get("name")) in aggregated_tasks():
        task.setdefault("baseline", aggregated_tasks()[task["name"]].baseline["v2"])
    shots = task.get("num_fewshot", [0])
    if not isinstance(shots, list):
        return [task]
    if len(shots) == 1:
        return [task | {"num_fewshot": shots[0]}]
    return [task | {"num_fewshot": count, "name": f"{task.get('name')}/{count}-shot"} for count in shots]


def without_local(file: str) -> str:
    """A data file's path below the folder of task files."""
    path = PurePosixPath(file)
    return str(path.relative_to(_LOCAL)) if path.parts[:1] == (_LOCAL,) else file
