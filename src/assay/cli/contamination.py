"""assay contamination"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from assay.cli.output import Json, print_json, print_rich, table

if TYPE_CHECKING:
    import pyarrow as pa


def contamination(
    dataset: Annotated[list[str], Parameter(negative="")],
    /,
    *,
    suite: Annotated[list[str], Parameter(consume_multiple=True, negative="")],
    data: Path | None = None,
    ngram: Annotated[int, Parameter(validator=validators.Number(gte=1))] = 13,
    examples: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 3,
    json_: Json = False,
) -> None:
    """How much of evaluation tasks a dataset holds: of each task the share of items that share a passage with it.

    Parameters
    ----------
    dataset
        A dataset (``assay curate``), or files of a pool.
    suite
        A suite (a file, or a name of the catalog), or JSONL files of tasks.
    data
        Folder of the task files, when they do not lie beside the suite file.
    ngram
        Words of a passage.
    examples
        Items to show of each task.

    """
    from dataclasses import asdict

    from assay.evaluation.contamination import contamination as find

    found = find(_batches(dataset), _tasks(suite, data), ngram, examples)
    if json_:
        print_json([{**asdict(each), "rate": each.rate} for each in found])
        return
    columns = ["task", "items", "too short", "contaminated", "rate", "dirty"]
    rows = [[each.task, each.items, each.short, each.contaminated, each.rate, each.dirty] for each in found]
    print_rich(table(f"shared {ngram}-grams", columns, rows))
    for each in found:
        for example in each.examples:
            print(f"{each.task} {example['item']}, {example['share']:.0%} in {example['document']}: {example['text']}")


def _tasks(suite: list[str], data: Path | None) -> dict[str, list[str]]:
    from assay.evaluation.suite import load_suite

    if all(".jsonl" in name for name in suite):
        return {Path(name).name.split(".")[0]: [name] for name in suite}
    return {task.name: task.data for name in suite for task in load_suite(name, data=data).tasks}


def _batches(dataset: list[str]) -> Iterator[pa.RecordBatch]:
    from assay.cli.inputs import open_pool
    from assay.pools.columns import Columns
    from assay.pools.pool import artifact_named, describe_pool, pool_columns, pool_files
    from assay.pools.reader import read_file
    from assay.records.record import read_record

    folder = artifact_named(dataset)
    if folder and read_record(folder).kind == "dataset":
        from assay.tokens.source import dataset_shards

        pool, folder = describe_pool(dataset_shards(folder), Columns()), None
    else:
        pool, folder = open_pool(dataset)
    for file in pool_files(pool, folder):
        yield from read_file(file, pool_columns(pool), lambda bad: None)
