"""assay status"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli.output import Json, Set, print_json, print_rich, table
from assay.cli.run import plan_of

if TYPE_CHECKING:
    from assay.experiments.status import StageStatus


def status(experiment: Path, /, *, out: Path | None = None, set_: Set = None, json_: Json = False) -> None:
    """Show how far an experiment is, while it runs or after; nothing is made or changed but the record of the pool.

    Parameters
    ----------
    experiment
        Its experiment.yaml, as given to ``assay run``.
    out
        Folder of the experiment, where ``assay run`` was told one.

    """
    from assay.experiments.status import status as look

    found = look(plan_of(experiment, out, set_)[0])
    if json_:
        print_json(found.to_json())
        return
    columns = ["stage", "", "id", "state", "trained", "loss", "tokens/s"]
    print_rich(table(None, columns, [_row(stage) for stage in found.stages]))
    counts = ", ".join(f"{number} {state}" for state, number in Counter(s.state for s in found.stages).items())
    left = found.training_seconds_left
    time = "not known yet" if left is None else str(timedelta(seconds=round(left)))
    print(f"{counts}; training that is left: {time}")


def _row(stage: StageStatus) -> list[str]:
    return [
        stage.kind,
        stage.label,
        stage.id[:12],
        stage.state,
        "" if stage.trained is None else f"{stage.trained:.0%}",
        "" if stage.loss is None else f"{stage.loss:.3f}",
        "" if stage.tokens_per_second is None else f"{stage.tokens_per_second:,.0f}",
    ]
