"""assay reshard"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

from assay.cli.output import Json, Workers, print_json, print_rich, table, worker_count


def reshard(
    *,
    pool: Path,
    dataset: Path,
    out: Path,
    shard_size: Annotated[int, Parameter(validator=validators.Number(gte=1))] = 10_000,
    workers: Workers = None,
    json_: Json = False,
) -> None:
    """Write the shards that a subset of a pool is trained on.

    Parameters
    ----------
    pool
        Folder of the pool's shards: tars as img2dataset writes them.
    dataset
        Folder of the dataset that assay curate made, or a subset file of DataComp.
    out
        Folder of the shards to make.
    shard_size
        Samples a shard.

    """
    from assay.pairs.reshard import reshard as run

    record = run(pool, dataset, out, shard_size, worker_count(workers))
    if json_:
        print_json({"id": record.id, "folder": str(out), **record.metrics})
        return
    shown = {key: value for key, value in record.metrics.items() if isinstance(value, int)}
    bad = record.metrics["quarantine_reasons"]
    rows = [[name.replace("_", " "), value] for name, value in (shown | bad).items()]
    print_rich(table(record.name, ["", ""], rows))
    print(out)
