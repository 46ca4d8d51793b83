"""assay ablate"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from assay.cli.output import Json, Set, Workers, print_json, print_rich, table, worker_count

if TYPE_CHECKING:
    from assay.experiments.ablate import Ablation


def ablate(
    recipe: str,
    /,
    *,
    pool: Annotated[list[str], Parameter(consume_multiple=True, negative="")],
    out: Path,
    columns: Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")] = None,
    train: str | None = None,
    suite: str | None = None,
    seeds: int = 3,
    workers: Workers = None,
    set_: Set = None,
    json_: Json = False,
) -> None:
    """Leave out each step of a recipe in turn.

    Parameters
    ----------
    recipe
        A recipe file, or a name of the catalog.
    pool
        Files, globs, folders or addresses: WARC, JSONL, Parquet; or the folder of a pool artifact.
    out
        Folder for all that is made; what is there already is not made again.
    columns
        Which column is which, when the names are unusual: text=body id=key url=address.
    train
        A scale: train on the text with and without each step, to see what the step brings.
    suite
        A suite with held-out text, to judge these models by.
    seeds
        Runs of each.

    """
    from assay.base.errors import InputError
    from assay.cli.inputs import column_names
    from assay.curation.recipe import load_recipe
    from assay.experiments.ablate import Training
    from assay.experiments.ablate import ablate as run_ablation
    from assay.experiments.plan import keep_pool

    if (train is None) != (suite is None):
        raise InputError("--train SCALE and --suite SUITE belong together", where="assay ablate")
    loaded = load_recipe(recipe, set_ or ())
    training = Training(train, suite, seeds) if train and suite else None
    record, folder = keep_pool(pool, column_names(columns), out)
    ablation = run_ablation(record, folder, loaded, out, worker_count(workers), training)
    page = out / "report.html" if ablation.plan else None
    if ablation.plan and page:
        from assay.report.page import write_report

        write_report(ablation.plan.folders, page)
    if json_:
        print_json(ablation.to_json() | ({"report": str(page)} if page else {}))
        return
    print_rich(_table(ablation))
    print(page or out)


def _table(ablation: Ablation) -> Any:
    brings = "brings (bits per byte) [95 % interval]" if ablation.plan else ""
    columns = ["without", "documents", "bytes", "tokens, about", brings]
    shown = ablation.to_json()
    rows = [[f"nothing: {shown['recipe']}", f"{shown['documents']:,}", f"{shown['bytes']:,}", "", ""]]
    for row in shown["steps"]:
        sizes = [f"{row[name]:+,}" if name in row else "" for name in ("documents", "bytes", "tokens")]
        rows.append([row["step"], *sizes, _brings(row)])
    return table(None, columns, rows)


def _brings(row: dict[str, Any]) -> str:
    brings = row.get("brings")
    if not brings:
        return row["note"]
    word = {"worse": "helps", "better": "harms"}.get(brings["verdict"], "no difference")
    return f"{brings['difference']:+.4f} [{brings['low']:+.4f}, {brings['high']:+.4f}] {word}"
