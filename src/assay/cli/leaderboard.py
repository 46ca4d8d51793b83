"""assay leaderboard"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Literal

from assay.cli.output import Json, print_json, print_rich, table


def leaderboard(
    *places: Path,
    track: Literal["filtering", "bring-your-own"] | None = None,
    scale: str | None = None,
    baselines: Literal["v1", "v2"] = "v2",
    out: Path | None = None,
    json_: Json = False,
) -> None:
    """Order evaluated models by CORE, own runs among the published.

    Parameters
    ----------
    places
        Folders of experiments or evaluations; DCLM's exp_data folder, or evaluation JSONs that it published.
    track
        Only datasets made by a recipe from one pool, or only the others. Published evaluations do not tell theirs.
    scale
        Only models of this scale: dclm-1b-1x.
    baselines
        Which baselines centre the scores: DCLM's own since 2024-07 (v2), or those before (v1).
    out
        A .json, .csv or .md file to write.

    """
    from assay.base.errors import InputError
    from assay.report.dclm_results import is_published, published_standings
    from assay.report.standings import COLUMNS, cells, ordered, own_standings, write_standings

    published = [place for place in places if is_published(place)]
    own = [place for place in places if place not in published]
    rows = [row for place in published for row in published_standings(place, baselines)]
    rows += own_standings(own, baselines) if own else []
    if not places:
        raise InputError("needs folders or files of evaluations", where="assay leaderboard")
    found = ordered(rows, track, scale)
    if not found:
        scales = ", ".join(sorted({row.scale for row in rows if row.scale})) or "none known"
        hint = f"there are {len(rows)} evaluations in all; their scales: {scales}"
        raise InputError(
            "no evaluation on DCLM's tasks is of this track and scale", where="assay leaderboard", hint=hint
        )
    if out:
        write_standings(found, out)
    if json_:
        print_json([asdict(row) for row in found])
        return
    print_rich(table(None, ["#", *COLUMNS], [[str(place), *cells(row)] for place, row in enumerate(found, 1)]))
    if out:
        print(out)
