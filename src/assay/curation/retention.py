"""What recipes would keep, from statistics alone: no text is read but that of the samples, no dataset is made.

statistics = open_statistics(Path("statistics"))
change = compare(statistics, statistics.recipe(), statistics.recipe(["word_length_filter.max_length=9"]))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from assay.base.errors import InputError
from assay.base.files import below
from assay.curation.apply import KEPT
from assay.curation.funnel import NEVER, StepCount
from assay.curation.recipe import Recipe, load_recipe
from assay.curation.refilter import Judged, Screen, judge_all, screens_for
from assay.curation.statistics import KIND, RECIPE_NAME
from assay.curation.values import Measured, read_values
from assay.records.record import Record, read_record_of


@dataclass(frozen=True)
class Statistics:
    """A statistics artifact."""

    folder: str | Path
    record: Record

    @property
    def documents(self) -> int:
        """How many were measured."""
        return sum(output.rows or 0 for output in self.record.outputs)

    def recipe(self, overrides: Iterable[str] = ()) -> Recipe:
        """The steps that were measured, with ``--set`` assignments. InputError for those that change what they do."""
        return load_recipe(below(self.folder, RECIPE_NAME), overrides)

    def screens(self, recipe: Recipe) -> tuple[Screen, ...]:
        """How a recipe is taken on the values; InputError when they are not those it needs, or not all it does."""
        screens = screens_for(self.record, recipe)
        if len(screens) < len(recipe.steps):
            name = recipe.steps[len(screens)][0]
            raise InputError(f"{name} needs the documents: statistics cannot tell what it keeps", where=recipe.name)
        return screens

    def cover(self, recipe: Recipe) -> bool:
        """Whether the values are those that the first steps of a recipe need."""
        try:
            screens_for(self.record, recipe)
        except InputError:
            return False
        return True

    def batches(self) -> Iterator[Measured]:
        """The values of all documents, in pool order."""
        files = sum(output.path.startswith("counts/") for output in self.record.outputs)
        for index in range(files):
            yield from read_values(self.folder, index)


def open_statistics(folder: str | Path) -> Statistics:
    """The statistics in a folder. InputError when it holds none."""
    return Statistics(folder, read_record_of(folder, KIND))


@dataclass
class Retention:
    """How many documents and bytes a recipe keeps, and what each of its steps does."""

    steps: list[StepCount]
    """Without samples."""
    documents_in: int = 0
    documents_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0

    def add(self, batch: Measured, screens: tuple[Screen, ...]) -> list[Judged]:
        """Add a batch; returns what the steps did to it."""
        judged = list(judge_all(screens, batch))
        first = judged[0].before if judged else batch.numbers("bytes")
        last = judged[-1].after if judged else first
        self.documents_in, self.documents_out = self.documents_in + len(batch), self.documents_out + len(last)
        self.bytes_in, self.bytes_out = self.bytes_in + int(first.sum()), self.bytes_out + int(last.sum())
        for count, each in zip(self.steps, judged, strict=False):  # nothing comes to the steps behind
            count.tally(each.before, each.after, each.codes, each.reasons)
        return judged


@dataclass
class Change:
    """What one recipe keeps and another does not."""

    before: Retention
    after: Retention
    lost: int = 0
    """Documents that only the first recipe keeps."""
    gained: int = 0
    """Documents that only the second recipe keeps."""
    samples: StepCount = field(default_factory=StepCount)
    """Of the lost, with the reason why the second recipe drops them, and of the gained, with that of the first."""

    def add(
        self, batch: Measured, judged: tuple[list[Judged], list[Judged]], lost: np.ndarray, gained: np.ndarray
    ) -> None:
        """Add documents of a batch that are lost and gained, given what both recipes' steps did to it."""
        self.lost, self.gained = self.lost + int(lost.sum()), self.gained + int(gained.sum())
        self.samples.sample(
            np.where(lost, batch.priorities, NEVER),
            lambda row: batch.sample(row, (), _reason(judged[1], row)),
            np.where(gained, batch.priorities, NEVER),
            lambda row: batch.sample(row, (), _reason(judged[0], row)),
        )


def retention(statistics: Statistics, recipe: Recipe) -> Retention:
    """What a recipe keeps of the documents that were measured."""
    screens = statistics.screens(recipe)
    found = Retention([StepCount() for _ in screens])
    for batch in statistics.batches():
        found.add(batch, screens)
    return found


def compare(statistics: Statistics, first: Recipe, second: Recipe) -> Change:
    """What two recipes keep, with samples of the documents on which they differ."""
    screens = statistics.screens(first), statistics.screens(second)
    before, after = (Retention([StepCount() for _ in each]) for each in screens)
    change = Change(before, after)
    for batch in statistics.batches():
        judged = change.before.add(batch, screens[0]), change.after.add(batch, screens[1])
        kept = _kept(judged[0], len(batch)), _kept(judged[1], len(batch))
        change.add(batch, judged, kept[0] & ~kept[1], kept[1] & ~kept[0])
    return change


def _kept(judged: list[Judged], documents: int) -> np.ndarray:
    kept = np.ones(documents, bool)
    for each in judged:
        kept[each.rows[each.codes != KEPT]] = False
    return kept


def _reason(judged: list[Judged], row: int) -> str | None:
    """Why a document is dropped."""
    for each in judged:
        (code,) = each.codes[each.rows == row]
        if code != KEPT:
            return each.reasons[code]
    return None
