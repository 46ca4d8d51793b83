"""assay measure"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter, validators

from assay.cli.output import Engine, Folder, Json, RayAddress, Set, Work, Workers, print_json, worker_count


def measure(
    *,
    pool: Annotated[list[str], Parameter(consume_multiple=True, negative="")],
    recipe: str,
    out: Folder,
    columns: Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")] = None,
    max_bad: Annotated[float, Parameter(validator=validators.Number(gte=0, lte=1))] = 0.01,
    workers: Workers = None,
    engine: Engine = "local",
    ray_address: RayAddress = None,
    work: Work = None,
    set_: Set = None,
    json_: Json = False,
) -> None:
    """Measure what the filters of a recipe compare, up to the first step that needs all documents, learns or splits.

    Parameters
    ----------
    pool
        Files, globs, folders or addresses: WARC, JSONL, Parquet; or the folder of a pool artifact.
    recipe
        A recipe file or its address, or a name of the catalog. Its bounds do not matter here.
    out
        Folder of the statistics to make, or a remote address such as s3://bucket/name.
    columns
        Which column is which, when the names are unusual: text=body id=key url=address.
    max_bad
        Share of unreadable rows beyond which the command fails; 0.01 is 1 %.

    """
    from assay.cli.inputs import open_pool
    from assay.curation.measure import measure as run_measurement
    from assay.curation.on_ray import RayCluster
    from assay.curation.recipe import load_recipe

    record, folder = open_pool(pool, columns)
    loaded = load_recipe(recipe, set_ or ()).for_pool(record)
    cluster = RayCluster(ray_address) if engine == "ray" else None
    count = worker_count(workers)
    statistics = run_measurement(record, loaded, out, folder, count, max_bad, ray=cluster, work=work)
    if json_:
        print_json({"id": statistics.id, "folder": str(out), **statistics.metrics})
    else:
        print(out)
