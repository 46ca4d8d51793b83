"""assay curate"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, validators

from assay.cli.output import (
    Engine,
    Folder,
    Json,
    RayAddress,
    Set,
    Work,
    Workers,
    print_json,
    print_rich,
    table,
    worker_count,
)

if TYPE_CHECKING:
    from assay.curation.recipe import Recipe
    from assay.records.record import Record


def curate(
    *,
    pool: Annotated[list[str], Parameter(consume_multiple=True, negative="")],
    recipe: str,
    out: Folder | None = None,
    explain: str | None = None,
    files: Annotated[list[Path] | None, Parameter(negative="")] = None,
    columns: Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")] = None,
    max_bad: Annotated[float, Parameter(validator=validators.Number(gte=0, lte=1))] = 0.01,
    statistics: Folder | None = None,
    workers: Workers = None,
    engine: Engine = "local",
    ray_address: RayAddress = None,
    work: Work = None,
    set_: Set = None,
    json_: Json = False,
) -> None:
    """Run a recipe over a pool.

    Parameters
    ----------
    pool
        Files, globs, folders or addresses: WARC, JSONL, Parquet; or the folder of a pool artifact; or of image–text
        pairs a folder with DataComp's metadata or img2dataset's shards.
    recipe
        A recipe file or its address, or a name of the catalog.
    out
        Folder of the dataset to make, or a remote address such as s3://bucket/name.
    explain
        Make nothing; show what each step makes of one document: its id, its address, or a part of these.
    files
        A folder in which the files that steps name are looked for; can be repeated.
    columns
        Which column is which, when the names are unusual: text=body id=key url=address.
    max_bad
        Share of unreadable rows beyond which the command fails; 0.01 is 1 %.
    statistics
        Folder that ``assay measure`` made of this pool: what the filters compare is read there, not measured again.

    """
    from assay.base.errors import InputError
    from assay.cli.explained import print_explanation
    from assay.cli.inputs import is_of_pairs, open_pool
    from assay.curation.engine import curate as run_curation
    from assay.curation.on_ray import RayCluster
    from assay.curation.recipe import load_recipe
    from assay.pairs.pool import metadata_files

    if out is None and explain is None:
        raise InputError("name the folder of the dataset to make", where="--out")
    loaded = load_recipe(recipe, set_ or (), files or ())
    if is_of_pairs(loaded, pool):
        if explain is None:
            _print(*_curate_pairs(pool, loaded, out, workers, max_bad), json_)
            return
        pool = metadata_files(pool)
    record, folder = open_pool(pool, columns)
    loaded = loaded.for_pool(record)
    if explain is not None:
        print_explanation(record, folder, loaded, explain, out, json_)
        return
    assert out is not None
    cluster = RayCluster(ray_address) if engine == "ray" else None
    dataset = run_curation(
        record, loaded, out, folder, worker_count(workers), max_bad, ray=cluster, statistics=statistics, work=work
    )
    _print(dataset, loaded.name, out, json_)


def _curate_pairs(
    pool: list[str], recipe: Recipe, out: str | Path | None, workers: int | None, max_bad: float
) -> tuple[Record, str, Path]:
    from assay.base.errors import InputError
    from assay.pairs.curate import curate_pairs
    from assay.pairs.pool import describe_pairs

    if not isinstance(out, Path):
        raise InputError("a subset needs a local folder", where=f"--out {out}")
    record = describe_pairs(pool, recipe)
    return curate_pairs(record, recipe, out, None, worker_count(workers), max_bad), recipe.name, out


def _print(dataset: Record, recipe: str, out: str | Path, as_json: bool) -> None:
    from assay.base.files import below, open_bytes

    with open_bytes(below(out, "funnel.json")) as file:
        funnel = json.load(file)
    if as_json:
        print_json({"id": dataset.id, "folder": str(out), **funnel})
    else:
        print_rich(funnel_table(recipe, funnel))
        print(out)


def funnel_table(name: str, funnel: dict[str, Any]) -> Any:
    """What each step let through."""
    unreadable = _listing(funnel["quarantine_reasons"])
    quarantined = f"quarantined: {unreadable}" if unreadable else ""
    rows = [["pool", funnel["documents_in"], funnel["bytes_in"], quarantined]]
    rows += [
        [step["step"], step["documents_out"], step["bytes_out"], _listing(step["reasons"])] for step in funnel["steps"]
    ]
    return table(name, ["step", "documents left", "bytes left", "dropped because"], rows)


def _listing(reasons: dict[str, int]) -> str:
    shown = [f"{reason} ({number:,})" for reason, number in list(reasons.items())[:3]]
    more = len(reasons) - len(shown)
    return ", ".join(shown) + (f", {more} more" if more else "")
