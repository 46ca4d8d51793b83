"""Where a recipe must wait for the whole pool: it is cut into phases at every pool step and trained scorer.

A phase first applies what the steps before the cut decided or learned, then runs its own steps batch by batch, and
ends with observing the documents for the next cut.
"""

from __future__ import annotations

from dataclasses import dataclass

from assay.curation.recipe import Recipe
from assay.curation.step import PoolStep, Step, TrainedScorer


@dataclass(frozen=True)
class Phase:
    """One pass over the documents."""

    number: int
    steps: tuple[tuple[int, str, Step], ...]
    """Index in the recipe, name and step; the first is a pool step or trained scorer in all phases but the first."""
    waits_for: PoolStep | TrainedScorer | None
    """What must see all documents at the end of this phase; None in the last."""


def split(recipe: Recipe) -> list[Phase]:
    """The phases of a recipe, at least one."""
    phases: list[Phase] = []
    steps: list[tuple[int, str, Step]] = []
    for index, (name, step) in enumerate(recipe.steps):
        if isinstance(step, PoolStep | TrainedScorer):
            phases.append(Phase(len(phases), tuple(steps), step))
            steps = []
        steps.append((index, name, step))
    return [*phases, Phase(len(phases), tuple(steps), None)]
