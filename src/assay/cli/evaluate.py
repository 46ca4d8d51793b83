"""assay evaluate"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from assay.cli.output import Json, print_json, print_rich, table, worker_count

if TYPE_CHECKING:
    from assay.evaluation.subject import Subject
    from assay.evaluation.suite import Suite


def evaluate(
    *,
    run: Path | None = None,
    hf: Path | None = None,
    suite: str | None = None,
    out: Path,
    data: Path | None = None,
    skip_missing: Annotated[bool, Parameter(negative="")] = False,
    harness: Literal["lm-eval"] | None = None,
    tasks: Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")] = None,
    allow_code_execution: Annotated[bool, Parameter(negative="")] = False,
    threads: int | None = None,
    json_: Json = False,
) -> None:
    """Evaluate a run, or a model of Hugging Face, on a suite of tasks.

    Parameters
    ----------
    run
        Folder that ``assay train`` made; or a checkpoint of open_lm, with tokenizer.json beside it.
    hf
        Instead: folder of any causal language model of transformers, with tokenizer.json and safetensors.
    suite
        A suite file, or a name of the catalog.
    out
        Folder of the evaluation to make.
    data
        Folder of the task files, when they lie neither beside the suite file nor where ``assay tasks fetch`` puts them.
    skip_missing
        Leave out the tasks whose data are nowhere, instead of refusing the suite.
    harness
        Instead of a suite: tasks of lm-evaluation-harness, which are named by --tasks.
    tasks
        Only these tasks of the suite; or tasks of the harness.
    allow_code_execution
        Run the programs that the model writes, where a task (HumanEval) asks for it: on this machine, in no sandbox.
    threads
        Computing threads; by default one a core.

    """
    from assay.evaluation.evaluate import evaluate as run_evaluation

    chosen = _harness_tasks(suite, tasks) if harness else _suite(suite, tasks, data, skip_missing)
    chosen = _permitted(chosen, allow_code_execution)
    record = run_evaluation(_subject(run, hf), chosen, out, threads=worker_count(threads))
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    if json_:
        print_json({"id": record.id, "folder": str(out), **results})
        return
    columns = ["task", "metric", "value", "stderr", "documents"]
    print_rich(table(None, columns, [[task[column] for column in columns] for task in results["tasks"]]))
    print(out)


def _subject(run: Path | None, hf: Path | None) -> Subject:
    from assay.base.errors import InputError
    from assay.evaluation.subject import checkpoint_subject, huggingface_subject, run_subject

    if hf is not None and run is None:
        return huggingface_subject(hf)
    if run is None or hf is not None:
        raise InputError("name either a run or a model of Hugging Face", where="assay evaluate", hint="--run or --hf")
    return checkpoint_subject(run) if run.is_file() else run_subject(run)


def _suite(name: str | None, tasks: list[str] | None, data: Path | None, skip_missing: bool) -> Suite:
    from assay.base.errors import InputError
    from assay.evaluation.suite import load_suite

    if name is None:
        raise InputError("name a suite", where="assay evaluate", hint="--suite core, or --harness lm-eval --tasks NAME")
    return load_suite(name, data=data, skip_missing=skip_missing, only=tasks)


def _harness_tasks(suite: str | None, tasks: list[str] | None) -> Suite:
    from assay.base.errors import InputError
    from assay.evaluation.harness import harness_suite

    if suite or not tasks:
        raise InputError("the harness needs --tasks, and no --suite", where="assay evaluate")
    return harness_suite([name for names in tasks for name in names.split(",")])


def _permitted(suite: Suite, allowed: bool) -> Suite:
    """The suite with the permission to run programs; InputError, before any work, for want of it."""
    from assay.evaluation.code_evaluation import CodeEvaluation, not_allowed

    for task in suite.tasks:
        if isinstance(task, CodeEvaluation) and not allowed:
            raise not_allowed(task.name)
    given = {"allow_code_execution": allowed}
    tasks = (task.model_copy(update=given) if isinstance(task, CodeEvaluation) else task for task in suite.tasks)
    return replace(suite, tasks=tuple(tasks))
