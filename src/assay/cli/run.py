"""assay run"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from assay.cli.output import Json, Set, Workers, print_json, print_rich, table, worker_count

if TYPE_CHECKING:
    from assay.experiments.plan import Plan


def run(
    experiment: Path,
    /,
    *,
    out: Path | None = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    workers: Workers = None,
    set_: Set = None,
    json_: Json = False,
) -> None:
    """Run an experiment; what is there already is not made again.

    Parameters
    ----------
    experiment
        An experiment.yaml.
    out
        Folder of the experiment; by default that of its file if it is called experiment.yaml, otherwise a folder of
        the file's name without .yaml, beside it.
    dry_run
        Print what would be made; write nothing but the record of the pool.

    """
    planned, out = plan_of(experiment, out, set_)
    if dry_run:
        show_plan(planned, json_)
    else:
        run_plan(planned, out, worker_count(workers), json_)


def plan_of(experiment: Path, out: Path | None, set_: list[str] | None) -> tuple[Plan, Path]:
    """The plan of an experiment file, and its folder: beside it when none is named."""
    from assay.experiments.plan import plan
    from assay.experiments.spec import load_experiment

    spec, base = load_experiment(experiment, set_)
    out = out or (experiment.parent if experiment.stem == "experiment" else experiment.with_suffix(""))
    return plan(spec, base, out), out


def show_plan(plan: Plan, json_: bool) -> None:
    """The stages, and what training them takes."""
    missing = [stage for stage in plan.stages if not stage.done]
    if json_:
        stages = [{"kind": s.kind, "label": s.label, "id": s.identity.id, "done": s.done} for s in plan.stages]
        print_json({"stages": stages, "tokens": plan.tokens, "flops": plan.flops})
        return
    rows = [
        [stage.kind, stage.label, stage.identity.id[:12], "done" if stage.done else "to do"] for stage in plan.stages
    ]
    print_rich(table(None, ["stage", "", "id", "state"], rows))
    counts = ", ".join(f"{number} {kind}" for kind, number in Counter(s.kind for s in missing).items())
    print(f"to do: {counts or 'nothing'}; all runs together: {plan.tokens} to train, {plan.flops}")


def run_plan(plan: Plan, out: Path, workers: int, json_: bool) -> None:
    """Make what is missing, then show the verdict and where the page is."""
    page = out / "report.html"
    made = 0
    if not plan.verdict.done:
        from assay.experiments.execute import execute

        made = execute(plan, workers)
    if not _shows(page, plan.verdict.identity.id):
        from assay.report.page import write_report

        write_report(plan.folders, page)
    from assay.experiments.verdict import read_verdict

    verdict = read_verdict(plan.verdict.folder)
    if json_:
        print_json(verdict | {"made": made, "report": str(page)})
    elif made:
        from assay.report.table import leaderboard, render

        print_rich(render(leaderboard(plan.folders)))
        print(page)
    else:
        print(f"nothing to do: all {len(plan.stages)} stages are there\n{verdict['sentence']}\n{page}")


def _shows(page: Path, verdict: str) -> bool:
    """Whether the page is there and about this verdict."""
    return page.exists() and verdict in page.read_text(encoding="utf-8")
