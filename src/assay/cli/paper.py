"""assay paper"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from assay.cli.output import Json, Workers, print_json, print_rich, table, worker_count


def dclm(
    *,
    scale: str = "lm-demo",
    pool: Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")] = None,
    heldout: Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")] = None,
    positives: Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")] = None,
    seeds: int = 3,
    out: Path = Path("paper-dclm"),
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    workers: Workers = None,
) -> None:
    """DataComp-LM: each stage of curation in turn, the same training for each, our numbers beside the published ones.

    Parameters
    ----------
    scale
        A scale file, or a name of the catalog.
    pool
        Files of raw candidates. Without them: the text of this installation.
    heldout
        Text to judge the models by, as domain=FILE.
    positives
        Examples of good text, for the quality classifier.
    seeds
        Runs of each recipe.
    out
        Folder of the experiment.
    dry_run
        Print what would be made; write only the experiment's files and, without --pool, the collected text.

    """
    from assay.base.errors import InputError
    from assay.cli.run import run_plan, show_plan
    from assay.experiments.verdict import read_verdict
    from assay.papers.dclm import CORE_IN_THE_PAPER, beside_the_paper, own_text, prepare

    if not pool and (heldout or positives):
        raise InputError(
            "--heldout and --positives go with a pool of your own", where="--pool", hint="add --pool FILES"
        )
    sources = own_text(pool, heldout or [], positives or []) if pool else None
    planned = prepare(out, sources, scale, seeds)
    if dry_run:
        show_plan(planned, False)
        return
    run_plan(planned, out, worker_count(workers), False)
    rows = [
        [name, f"{kept:.1%}", "" if paper is None else f"{paper:.1%}", f"{bits:.3f}"]
        for name, kept, paper, bits in beside_the_paper(read_verdict(planned.verdict.folder), planned)
    ]
    columns = ["recipe", "documents kept here", "kept in the paper", "bits per byte here"]
    print_rich(table("Each stage, here and in the paper", columns, rows))
    scores = [[name, f"{core}"] for name, core in CORE_IN_THE_PAPER.items()]
    print_rich(table("In the paper (Table 4: 1.4B parameters, 28.8B tokens)", ["dataset", "CORE"], scores))


def tropical(
    data: Path,
    /,
    *,
    classes: Annotated[list[int] | None, Parameter(consume_multiple=True, negative="")] = None,
    method: Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")] = None,
    seeds: int = 3,
    json_: Json = False,
) -> None:
    """Tropical division: a network of one hidden layer made smaller by every method, at every size.

    Parameters
    ----------
    data
        Folder of Fashion-MNIST's four files (Debian: /usr/share/datasets/fashion-mnist), or JSONL of reviews.
    classes
        Only these classes; two make a network of one output.
    method
        Only these methods.
    seeds
        Networks trained.

    """
    from assay.papers.tropical import reproduce
    from assay.tropical.reduce import METHODS

    rows = reproduce(data, tuple(classes or ()), tuple(method or METHODS), seeds)
    if json_:
        print_json({"data": str(data), "classes": classes, "seeds": seeds, "rows": rows})
        return
    columns = ["method", "share of units", "accuracy %", "± s.e.", "agreement %", "recalled from the papers"]
    cells = [["" if value is None else value for value in row.values()] for row in rows]
    print_rich(table("Means over the networks", columns, cells))
