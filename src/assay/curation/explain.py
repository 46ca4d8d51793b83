"""One document through a recipe, step by step: what was measured, between which bounds, and what each step decided.

    explain(load_recipe("heuristics"), {"text": "…", "url": "https://example.org/"})

A step that drops the document does not end the story: the others are tried on it as it then was.
"""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from assay.base.errors import AssayError
from assay.curation.apply import apply
from assay.curation.documents import Documents
from assay.curation.page import documents_of, pages_of
from assay.curation.recipe import Recipe
from assay.curation.step import Filter, PoolStep, Step, TrainedScorer
from assay.pools.columns import Columns
from assay.pools.pool import pool_files
from assay.pools.reader import read_file
from assay.records.record import Record

Decision = Literal["kept", "dropped", "pool", "unknown"]


@dataclass(frozen=True)
class Check:
    """A rule of a filter on the document."""

    rule: str
    value: float | None
    """None where it is not defined for the document."""
    minimum: float | None
    maximum: float | None
    holds: bool


@dataclass(frozen=True)
class Explained:
    """What one step makes of the document."""

    step: str
    kind: str
    decision: Decision
    """``pool``: decided over the whole pool; ``unknown``: the step needs what such a step would have made."""
    reason: str | None = None
    would: bool = False
    """An earlier step has dropped the document: this is what would have happened."""
    checks: tuple[Check, ...] = ()
    """All rules of a filter, also those behind the first that fails."""
    characters: tuple[int, int] | None = None
    """Before and after, where the text changed."""
    diff: tuple[str, ...] = ()
    """Lines that went (``-…``) and came (``+…``)."""
    columns: dict[str, Any] = field(default_factory=dict)
    """What else of the document is new or changed."""
    pieces: int = 1
    """Documents that a splitter makes of it; the story goes on with the first."""


def explain(recipe: Recipe, document: dict[str, Any] | Documents) -> list[Explained]:
    """What every step of the recipe makes of one document: a page, or a batch of one."""
    documents = document if isinstance(document, Documents) else documents_of([document])
    story: list[Explained] = []
    dropped = False
    for name, step in recipe.steps:
        line, documents = _explain_step(name, step, documents)
        story.append(replace(line, would=dropped))
        dropped = dropped or line.decision == "dropped"
    return story


def _explain_step(name: str, step: Step, before: Documents) -> tuple[Explained, Documents]:
    """What the step does, and the document with which the story goes on."""
    line = Explained(name, step.kind, "kept")
    if isinstance(step, PoolStep | TrainedScorer):
        return replace(line, decision="pool"), before
    try:
        outcome = apply(step, before)
    except AssayError as error:
        return replace(line, decision="unknown", reason=error.message), before
    if isinstance(step, Filter):
        line = replace(line, checks=_checks(step, before))
    if not outcome.kept[0]:
        return replace(line, decision="dropped", reason=outcome.reasons[outcome.codes[0]]), before
    after = Documents(outcome.documents.batch.slice(0, 1)) if outcome.added else outcome.documents
    text, new_text = before.text[0].as_py(), after.text[0].as_py()
    if new_text != text:
        line = replace(line, characters=(len(text or ""), len(new_text or "")), diff=_diff(text, new_text))
    return replace(line, columns=_new_columns(before, after), pieces=1 + outcome.added), after


def _checks(step: Filter, documents: Documents) -> tuple[Check, ...]:
    checks = []
    for rule in step.rules():
        value = float(documents.derived(rule.measure)[0])
        holds = rule.minimum <= value <= rule.maximum
        checks.append(Check(rule.name, _finite(value), _finite(rule.minimum), _finite(rule.maximum), holds))
    return tuple(checks)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _diff(before: str | None, after: str | None) -> tuple[str, ...]:
    """The lines that differ; nothing for a text that was extracted only now."""
    if before is None or after is None:
        return ()
    lines = difflib.unified_diff(before.split("\n"), after.split("\n"), n=0, lineterm="")
    return tuple(line for line in islice(lines, 2, None) if not line.startswith("@@"))


def _new_columns(before: Documents, after: Documents) -> dict[str, Any]:
    if after.batch is before.batch:
        return {}
    ((old, new),) = zip(pages_of(before), pages_of(after), strict=True)
    changed = {name: value for name, value in new.items() if name not in old or old[name] != value}
    return {name: value for name, value in changed.items() if name not in ("text", "html")}


def in_dataset(dataset: Record, folder: str | Path, id_: str) -> bool:
    """Whether a document of this id is in a dataset."""
    shards = [file for file in pool_files(dataset, folder) if Path(file.path).parent.name == "shards"]
    batches = (batch for file in shards for batch in read_file(file, Columns(), lambda _: None))
    return any(id_ in batch.column("id").to_pylist() for batch in batches)
