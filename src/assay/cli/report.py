"""assay report"""

from __future__ import annotations

from pathlib import Path

from assay.cli.output import Json, print_json, print_rich


def report(*folders: Path, out: Path | None = None, json_: Json = False) -> None:
    """Show the leaderboard, and write one self-contained HTML page.

    Parameters
    ----------
    folders
        Experiment folders, or single artifacts.
    out
        The page to write; by default report.html in the experiment's folder, or here.

    """
    from assay.base.errors import InputError
    from assay.report.page import write_report
    from assay.report.table import leaderboard, render, to_json

    if not folders:
        raise InputError("name at least one folder", where="assay report")
    board = leaderboard(list(folders))
    page = write_report(list(folders), out or _default_page(folders[0]))
    if json_:
        print_json(to_json(board) | {"report": str(page)})
    else:
        print_rich(render(board))
        print(page)


def _default_page(folder: Path) -> Path:
    """An artifact's folder holds what its record lists, nothing else."""
    from assay.records.record import RECORD_NAME

    return Path("report.html") if (folder / RECORD_NAME).exists() else folder / "report.html"
