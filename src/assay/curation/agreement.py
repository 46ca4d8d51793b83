"""How far two recipes agree: which documents each keeps, and why they part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assay.base.errors import InputError
from assay.curation.apply import KEPT, apply
from assay.curation.documents import Documents
from assay.curation.recipe import Recipe
from assay.curation.step import PoolStep, TrainedScorer


@dataclass(frozen=True)
class Disagreement:
    """A document that one recipe keeps and the other drops."""

    id: str
    kept_by: str
    """The name of the recipe that keeps it."""
    reason: str
    """The step of the other recipe that drops it, and why."""


@dataclass(frozen=True)
class Agreement:
    """What two recipes make of the same documents."""

    documents: int
    kept: tuple[int, int]
    """How many documents each keeps."""
    kept_by_both: int
    changed: int
    """Of these, the ones whose text is not the same afterwards."""
    disagreements: tuple[Disagreement, ...]
    """In the order of the documents."""

    @property
    def share(self) -> float:
        """Share of the documents that both keep or both drop; 1 without documents."""
        return 1 - len(self.disagreements) / max(self.documents, 1)


def compare_recipes(first: Recipe, second: Recipe, documents: Documents) -> Agreement:
    """Run both recipes on the documents.

    InputError for a recipe with a step that decides about a whole pool: what such a step does to a document depends on
    the others.
    """
    fates = _fates(first, documents), _fates(second, documents)
    kept = [fate.reasons == "" for fate in fates]
    texts = [dict(zip(np.flatnonzero(mask), fate.texts, strict=True)) for mask, fate in zip(kept, fates, strict=True)]
    both = np.flatnonzero(kept[0] & kept[1])
    return Agreement(
        documents=len(documents),
        kept=(int(kept[0].sum()), int(kept[1].sum())),
        kept_by_both=len(both),
        changed=sum(texts[0][row] != texts[1][row] for row in both),
        disagreements=tuple(
            _disagreement(documents.ids[row].as_py(), (first, second), (fates[0].reasons[row], fates[1].reasons[row]))
            for row in np.flatnonzero(kept[0] != kept[1])
        ),
    )


@dataclass(frozen=True)
class _Fates:
    reasons: np.ndarray
    """Of each document, why it was dropped; empty when it was kept."""
    texts: list[str]
    """Of the documents that were kept."""


def _fates(recipe: Recipe, documents: Documents) -> _Fates:
    reasons = np.full(len(documents), "", object)
    rows = np.arange(len(documents))
    for name, step in recipe.steps:
        if isinstance(step, PoolStep | TrainedScorer):
            raise InputError(
                f"the step {name} looks at the whole pool",
                where=f"recipe {recipe.name}",
                hint="compare recipes without it, or curate with both and compare the datasets",
            )
        outcome = apply(step, documents)
        for row, code in zip(rows, outcome.codes, strict=True):
            if code != KEPT:
                reasons[row] = f"{name}: {outcome.reasons[code]}"
        rows, documents = rows[outcome.kept], outcome.documents
    return _Fates(reasons, documents.text.to_pylist())


def _disagreement(document: str, recipes: tuple[Recipe, Recipe], reasons: tuple[str, str]) -> Disagreement:
    keeper = 0 if reasons[0] == "" else 1
    return Disagreement(document, recipes[keeper].name, reasons[1 - keeper])
