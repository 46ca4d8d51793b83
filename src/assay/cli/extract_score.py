"""assay extract-score"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from assay.cli.output import Json, print_json, print_rich, table
from assay.text.extract import Extractor


def extract_score(
    gold: Path,
    /,
    *,
    extractor: Annotated[tuple[Extractor, ...], Parameter(consume_multiple=True, negative="")] = (
        "resiliparse",
        "resiliparse-plain",
    ),
    json_: Json = False,
) -> None:
    """Score HTML extractors on a gold set: F1 of words by type of page, and speed.

    Parameters
    ----------
    gold
        Folder of WCXB or of article-extraction-benchmark.
    extractor
        The extractors to compare.

    """
    from assay.evaluation.extraction import score_extractors

    report = score_extractors(gold, list(dict.fromkeys(extractor))).to_dict()
    if json_:
        print_json({"gold": str(gold), **report})
        return
    print_rich(_by_type(report["extractors"]))
    print_rich(_overall(report["extractors"]))
    print(f"{report['pages']} pages, of which {report['unreadable']} could not be read")


def _by_type(scores: list[dict[str, Any]]) -> Any:
    rows = [
        [type_, pages["pages"], *(score["types"][type_]["f1"] for score in scores)]
        for type_, pages in scores[0]["types"].items()
    ]
    return table("F1 of words", ["type of page", "pages", *(score["extractor"] for score in scores)], rows)


def _overall(scores: list[dict[str, Any]]) -> Any:
    keys = ["extractor", "f1", "precision", "recall", "without_text", "cpu_seconds", "pages_per_cpu_second"]
    rows = [[score[key] for key in keys] for score in scores]
    return table("All pages", [key.replace("_", " ") for key in keys], rows)
