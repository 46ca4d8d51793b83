"""assay demo"""

from __future__ import annotations

from pathlib import Path

from assay.cli.output import Json, Workers, worker_count


def demo(*, out: Path = Path("assay-demo"), workers: Workers = None, json_: Json = False) -> None:
    """Compare four curation recipes on the text this installation already holds.

    Parameters
    ----------
    out
        Folder of the experiment; run the command again and it goes on from there.

    """
    from assay.cli.run import run_plan
    from assay.papers.dclm import prepare

    run_plan(prepare(out), out, worker_count(workers), json_)
