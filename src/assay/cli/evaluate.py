"""assay evaluate"""

from __future__ import annotations

import json
from pathlib import Path

from assay.cli.output import Json, print_json, print_rich, table, worker_count


def evaluate(
    *,
    run: Path | None = None,
    hf: Path | None = None,
    suite: str,
    out: Path,
    data: Path | None = None,
    threads: int | None = None,
    json_: Json = False,
) -> None:
    """Evaluate a run, or a model of Hugging Face, on a suite of tasks.

    Parameters
    ----------
    run
        Folder that ``assay train`` made.
    hf
        Instead: folder of any causal language model of transformers, with tokenizer.json and safetensors.
    suite
        A suite file, or a name of the catalog.
    out
        Folder of the evaluation to make.
    data
        Folder of the task files, when they do not lie beside the suite file.
    threads
        Computing threads; by default one a core.

    """
    from assay.base.errors import InputError
    from assay.evaluation.evaluate import evaluate as run_evaluation
    from assay.evaluation.subject import huggingface_subject
    from assay.evaluation.suite import load_suite

    if (run is None) == (hf is None):
        raise InputError("name either a run or a model of Hugging Face", where="assay evaluate", hint="--run or --hf")
    subject = run or huggingface_subject(hf)
    record = run_evaluation(subject, load_suite(suite, data=data), out, threads=worker_count(threads))
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    if json_:
        print_json({"id": record.id, "folder": str(out), **results})
        return
    columns = ["task", "metric", "value", "stderr", "documents"]
    print_rich(table(None, columns, [[task[column] for column in columns] for task in results["tasks"]]))
    print(out)
