"""assay aggregate"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from assay.cli.output import Json, print_json, print_rich, table


def aggregate(results: Path, /, *, version: Literal["v1", "v2"] = "v2", json_: Json = False) -> None:
    """Form DCLM's aggregates of a model's scores.

    Parameters
    ----------
    results
        An evaluation (its folder or results.json), or an evaluation JSON that DCLM published.
    version
        Which baselines: DCLM's own since 2024-07 (v2), or those before (v1).

    """
    from assay.base.progress import log
    from assay.evaluation.aggregates import aggregate as form
    from assay.evaluation.aggregates import read_scores

    found = form(read_scores(results), version)
    if json_:
        print_json(found.to_dict())
        return
    rows = [["core", _shown(found.core)], ["extended", _shown(found.extended)], ["mmlu", _shown(found.mmlu)]]
    rows += [[category, _shown(value)] for category, value in found.categories.items()]
    print_rich(table(None, ["aggregate", found.version], rows))
    if found.missing:
        log(f"{len(found.missing)} of the 53 tasks are missing: {', '.join(found.missing)}")


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
