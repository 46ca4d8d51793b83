"""assay paper"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from assay.cli.output import Json, Workers, print_json, print_rich, table, worker_count

if TYPE_CHECKING:
    from assay.scaling.fit import Unseen


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


def scaling(*, testbed: Path, out: Path | None = None, json_: Json = False) -> None:
    """Over-training and downstream tasks: the paper's constants and errors from its published models, ours beside them.

    Parameters
    ----------
    testbed
        The published exp_data folder, or a table of its models.
    out
        Folder for the plots (Figure 1), a page for each training set.

    """
    from assay.papers.scaling import reproduce
    from assay.scaling.checks import ScalingWarning

    warnings.simplefilter("ignore", ScalingWarning)  # five models are what the paper fits
    found = reproduce(testbed)
    pages = []
    if out:
        from assay.report.law_page import write_law_page

        for name, each in found.fits.items():
            large = each.runs.params.argmax()
            forecast = each.forecast(float(each.runs.params[large]), float(each.runs.tokens[large]))
            pages.append(write_law_page(each, forecast, out / f"{name}.html"))
    if json_:
        print_json(found.to_json())
        return
    rows = [
        [each.what, f"{each.paper:g}", f"{each.ours:.5g}", "" if each.equal else "differs"] for each in found.numbers
    ]
    print_rich(table("In the paper and here", ["", "paper", "here", ""], rows))
    for name in found.fits:
        print_rich(table(f"{name}: every model, relative errors", *_errors(found.errors(name))))
    print(f"selected tasks: {len(found.selected)} ({', '.join(found.selected)})")
    print(f"{sum(each.equal for each in found.numbers)} of {len(found.numbers)} numbers as printed")
    for page in pages:
        print(page)


def _errors(runs: list[Unseen]) -> tuple[list[str], list[list[Any]]]:
    rows = []
    for each in runs:
        error = each.error_relative_error
        off = f"{abs(each.predicted_loss / each.loss - 1):.2%}"
        rows.append(
            [each.name, f"{each.loss:.4f}", off, f"{each.error or 0:.4f}", "" if error is None else f"{error:.2%}"]
        )
    return ["model", "loss", "off", "17-task error", "off "], rows


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
    columns = ["method", "share of units", "accuracy %", "± s.e.", "agreement %"]
    cells = [["" if value is None else value for value in row.values()] for row in rows]
    print_rich(table("Means over the networks", columns, cells))
