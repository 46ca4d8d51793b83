"""assay curate --explain: one document through a recipe, on the screen."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.cli.output import print_json, print_rich, table

if TYPE_CHECKING:
    from assay.curation.explain import Check, Explained
    from assay.curation.recipe import Recipe
    from assay.records.record import Record

_LINES = 12
_WIDTH = 100


def print_explanation(
    pool: Record, folder: str | Path | None, recipe: Recipe, key: str, out: str | Path | None, as_json: bool
) -> None:
    """Find the document and show what each step makes of it; with ``out``, also whether that dataset has it."""
    from assay.base.files import below
    from assay.curation.documents import Documents
    from assay.curation.explain import explain, in_dataset
    from assay.curation.recipe import dataset_identity
    from assay.pools.find import find_document
    from assay.records.artifact import finished

    document = find_document(pool, folder, key)
    id_, url = document.column("id")[0].as_py(), document.column("url")[0].as_py()
    dataset = out and finished(out, dataset_identity(pool.id, folder or below(out, "pool"), recipe))
    inside = in_dataset(dataset, out, id_) if dataset and out else None
    story = explain(recipe, Documents(document))
    if as_json:
        steps = [asdict(line) for line in story]
        print_json({"id": id_, "url": url, "recipe": recipe.name, "in_dataset": inside, "steps": steps})
        return
    rows = [row for line in story for row in _rows(line)]
    print_rich(table(f"{recipe.name} on {url or id_}", ["step", "", "value", "bounds", "decision"], rows))
    print(_ending(story))
    if out:
        print(f"{out} {'is not made yet' if inside is None else 'has it' if inside else 'does not have it'}")


def _rows(line: Explained) -> list[list[str]]:
    """The rows of one step: its rules, or what it changed; its name and decision stand in the first."""
    rows = [[check.rule, _number(check.value) + ("" if check.holds else " ✗"), _bounds(check)] for check in line.checks]
    if line.characters:
        rows.append(["characters", "{:,} → {:,}".format(*line.characters), ""])
    rows += [[f"{name} = {_short(value)}", "", ""] for name, value in line.columns.items()]
    rows += [[_short(change), "", ""] for change in line.diff[:_LINES]]
    if len(line.diff) > _LINES:
        rows.append([f"and {len(line.diff) - _LINES} lines more", "", ""])
    if line.pieces > 1:
        rows.append([f"{line.pieces} documents; on with the first", "", ""])
    if line.reason and not any(line.reason.startswith(check.rule) for check in line.checks):
        rows.append([line.reason, "", ""])
    first, *others = rows or [["", "", ""]]
    return [[line.step, *first, _decision(line)], *(["", *row, ""] for row in others)]


def _number(value: float | None) -> str:
    return "not defined" if value is None else f"{value:,.6g}"


def _bounds(check: Check) -> str:
    low = "" if check.minimum is None else f"≥ {check.minimum:,.6g}"
    high = "" if check.maximum is None else f"≤ {check.maximum:,.6g}"
    return ", ".join(bound for bound in (low, high) if bound)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _WIDTH else text[:_WIDTH] + "…"


def _decision(line: Explained) -> str:
    if line.decision == "pool":
        return "over the whole pool"
    if line.decision == "unknown":
        return "cannot be said"
    if line.would:
        return "would drop" if line.decision == "dropped" else "would keep"
    return line.decision


def _ending(story: list[Explained]) -> str:
    """One sentence on the document's fate."""
    for line in story:
        if line.decision == "dropped":
            return f"dropped by {line.step}: {line.reason}"
    open_ = [line.step for line in story if line.decision in ("pool", "unknown")]
    return f"kept, unless dropped by {', '.join(open_)}" if open_ else "kept"
