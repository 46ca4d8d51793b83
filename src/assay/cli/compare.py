"""assay compare"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from assay.cli.output import Json, print_json, print_rich, table

if TYPE_CHECKING:
    from assay.evaluation.paired import Difference


def compare(a: Path, b: Path, /, *, version: Literal["v1", "v2"] = "v2", json_: Json = False) -> None:
    """Compare two models on the same questions: A minus B, task by task and in aggregate.

    Parameters
    ----------
    a
        An evaluation that ``assay evaluate`` made.
    b
        Another, on the same suite.
    version
        Baselines of CORE and EXTENDED, as in ``assay aggregate``.

    """
    from assay.base.progress import log
    from assay.evaluation.paired import compare as compare_evaluations

    found = compare_evaluations(a, b, version)
    if json_:
        print_json(found.to_dict())
        return
    columns = ["task", "questions", "A", "B", "A - B", "95 % interval", "p", "only A", "only B", "McNemar p"]
    print_rich(table(None, columns, [_row(each) for each in [*found.tasks, *found.aggregates]]))
    for name, tasks in (("A", found.only_a), ("B", found.only_b)):
        if tasks:
            log(f"only {name} was scored on {', '.join(tasks)}")


def _row(found: Difference) -> list[Any]:
    interval = f"{found.low:+.4f} to {found.high:+.4f}"
    start = [found.name, found.questions, f"{found.a:.4f}", f"{found.b:.4f}", f"{found.difference:+.4f}", interval]
    tests = ["-" if value is None else value for value in (found.only_a, found.only_b)]
    return [*start, _p(found.p), *tests, "-" if found.mcnemar is None else _p(found.mcnemar)]


def _p(value: float) -> str:
    return f"{value:.4f}" if value >= 1e-4 else f"{value:.0e}"
