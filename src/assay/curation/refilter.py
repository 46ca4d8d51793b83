"""The dataset of a recipe from statistics that hold all that its filters compare: nothing is measured again.

The recipe may differ from the measured one in the bounds of its filters' rules; filters and rules may be left out and
change places between the same other steps. The dataset is the same, to the byte, as without statistics.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from assay.base.errors import InputError
from assay.base.files import atomic_write, below, exists, open_bytes
from assay.base.fingerprint import canonical
from assay.curation.apply import KEPT, judge_values
from assay.curation.documents import Documents
from assay.curation.funnel import NEVER, StepCount
from assay.curation.phases import Phase
from assay.curation.recipe import Recipe
from assay.curation.shard import Part, Shard
from assay.curation.statistics import KIND, measured_part, measures_of
from assay.curation.step import Filter, Modifier, Step
from assay.curation.values import Measured, read_values
from assay.records.record import Record, read_record_of

_HINT = "measure again with this recipe, or curate without --statistics"


@dataclass(frozen=True)
class Screen:
    """A step of a recipe that is taken on values."""

    index: int
    """In the recipe."""
    step: Step
    columns: tuple[str, ...]
    """Of a filter, one for each of its rules; of a modifier, the one that holds what it was given."""


@dataclass(frozen=True)
class Judged:
    """What a step did to a batch of documents."""

    screen: Screen
    rows: np.ndarray
    """Of the documents that came to it, in the batch."""
    codes: np.ndarray
    """For each of these: -1 kept, otherwise an index into ``reasons``."""
    reasons: tuple[str, ...]
    before: np.ndarray
    """Bytes of each of these before the step."""
    after: np.ndarray
    """Bytes of each that the step kept after it."""


def screens_for(record: Record, recipe: Recipe) -> tuple[Screen, ...]:
    """How the first steps of a recipe are taken on the values of statistics with this record.

    InputError that names the first difference when the values are not those that the recipe needs.
    """
    entries = record.config["steps"]
    screens, place = [], 0
    for index, (name, step) in enumerate(measured_part(recipe).steps):
        where = f"recipe {recipe.name}: step {index + 1} ({name})"
        if isinstance(step, Filter):
            columns = _rule_columns(step, name, entries[place:], where)
        else:
            place = _next_other(entries, place)
            columns = _same_step(step, name, entries[place] if place < len(entries) else None, where)
            place += 1
        screens.append(Screen(index, step, columns))
    left = _next_other(entries, place)
    if left < len(entries):
        raise InputError(f"has no step {entries[left]['step']}", where=f"recipe {recipe.name}", hint=_HINT)
    return tuple(screens)


def _next_other(entries: list[dict[str, Any]], place: int) -> int:
    """The place of the next step that is no filter."""
    return next((at for at in range(place, len(entries)) if entries[at]["kind"] != Filter.kind), len(entries))


def _rule_columns(step: Filter, name: str, entries: list[dict[str, Any]], where: str) -> tuple[str, ...]:
    """Where what a filter's rules measure stands: at the filters of its name before the next other step."""
    alike = [
        entry
        for entry in entries[: _next_other(entries, 0)]
        if (entry["step"], entry["identity"]["version"]) == (name, step.version)
    ]
    known = {
        canonical(measure): column
        for entry in reversed(alike)
        for measure, column in zip(entry["measures"], entry["columns"], strict=True)
    }
    columns = []
    for rule, measure in zip(step.rules(), measures_of(step), strict=True):
        if canonical(measure) not in known:
            raise InputError(f"{rule.name!r} was not measured here", where=where, hint=_HINT)
        columns.append(known[canonical(measure)])
    return tuple(columns)


def _same_step(step: Step, name: str, entry: dict[str, Any] | None, where: str) -> tuple[str, ...]:
    if entry is None:
        raise InputError("was not taken when the statistics were made", where=where, hint=_HINT)
    if entry["step"] != name:
        raise InputError(f"the statistics have {entry['step']} in its place", where=where, hint=_HINT)
    identity, measured = json.loads(canonical(step.identity())), entry["identity"]
    for key in identity | measured:
        if identity.get(key) != measured.get(key):
            message = f"{key} is {identity.get(key)!r}, and was {measured.get(key)!r} for the statistics"
            raise InputError(message, where=where, hint=_HINT)
    return tuple(entry["columns"])


def judge_all(screens: tuple[Screen, ...], batch: Measured) -> Iterator[Judged]:
    """Take the steps on a batch, one after the other, as long as documents are left."""
    compared = [column for screen in screens if isinstance(screen.step, Filter) for column in screen.columns]
    batch.read(["bytes", "dropped", *compared])
    sizes = batch.bytes_through([screen.columns[0] for screen in screens if isinstance(screen.step, Modifier)])
    rows, version = np.arange(len(batch)), 0
    for screen in screens:
        if not len(rows):
            return
        codes, reasons = _judge(screen, batch, rows)
        kept = codes == KEPT
        before = sizes[version][rows]
        version += isinstance(screen.step, Modifier)
        yield Judged(screen, rows, codes, reasons, before, sizes[version][rows[kept]])
        rows = rows[kept]


def _judge(screen: Screen, batch: Measured, rows: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    if isinstance(screen.step, Filter):
        return judge_values(screen.step.rules(), [batch.numbers(name)[rows] for name in screen.columns], len(rows))
    codes, reasons = np.full(len(rows), KEPT, np.int16), ()
    fallen = np.flatnonzero(batch.dropped[rows] == screen.columns[0]) if screen.columns else ()
    if len(fallen):
        given = batch.column("reason").take(pa.array(rows[fallen])).to_pylist()
        reasons = tuple(sorted(set(given)))
        codes[fallen] = [reasons.index(reason) for reason in given]
    return codes, reasons


@dataclass(frozen=True)
class Refilter:
    """Statistics, and how a recipe's first steps are taken on them."""

    folder: str | Path
    screens: tuple[Screen, ...]

    def units(self, units: Callable[[Phase], list[Shard]]) -> Callable[[Phase], list[Shard]]:
        """The same division of the work, with the documents of the first phase from the statistics."""

        def from_statistics(phase: Phase) -> list[Shard]:
            if phase.number:
                return units(phase)
            left = replace(phase, steps=phase.steps[len(self.screens) :])
            return [replace(shard, phase=left, source=self) for shard in units(phase)]

        return from_statistics

    def __call__(self, shard: Shard, part: Part) -> Iterator[Documents]:
        """The documents of a file that these steps leave; what they did is counted, as in ``shard.run_shard``."""
        with open_bytes(below(self.folder, f"counts/{shard.file.index:05d}.json")) as counts:
            seen = Part(**json.load(counts))
        part.quarantine_reasons, part.skipped = seen.quarantine_reasons, seen.skipped
        self._copy_quarantine(shard)
        part.steps |= {screen.index: StepCount() for screen in self.screens}
        for batch in read_values(self.folder, shard.file.index):
            part.documents_in += len(batch)
            part.bytes_in += int(batch.bytes_through(self._modifiers(0))[0].sum())
            kept = self._kept(batch, part)
            if kept.any():
                yield batch.documents.keep(kept[batch.survived])

    def _copy_quarantine(self, shard: Shard) -> None:
        kept = below(self.folder, f"quarantine/{shard.file.index:05d}.jsonl")
        if exists(kept):
            with open_bytes(kept) as source, atomic_write(shard.path("quarantine", "jsonl")) as copy:
                shutil.copyfileobj(source, copy)

    def _modifiers(self, position: int) -> list[str]:
        """The columns of the modifiers from a position of the screens on."""
        return [screen.columns[0] for screen in self.screens[position:] if isinstance(screen.step, Modifier)]

    def _kept(self, batch: Measured, part: Part) -> np.ndarray:
        """Which documents of the batch these steps leave."""
        kept = np.ones(len(batch), bool)
        for position, judged in enumerate(judge_all(self.screens, batch)):
            self._count(part.steps[judged.screen.index], judged, batch, position)
            kept[judged.rows[judged.codes != KEPT]] = False
        return kept

    def _count(self, count: StepCount, judged: Judged, batch: Measured, position: int) -> None:
        count.tally(judged.before, judged.after, judged.codes, judged.reasons)
        kept, priorities = judged.codes == KEPT, batch.priorities[judged.rows]
        now, later, staying = self._modifiers(position), self._modifiers(position + 1), judged.rows[kept]
        count.sample(
            np.where(kept, NEVER, priorities),
            lambda row: batch.sample(judged.rows[row], now, judged.reasons[judged.codes[row]]),
            priorities[kept],
            lambda row: batch.sample(staying[row], later),
        )


def refilter_for(folder: str | Path, pool: Record, recipe: Recipe) -> Refilter:
    """Statistics for a recipe over a pool. InputError when they are of another pool, or measured something else."""
    record = read_record_of(folder, KIND)
    if record.inputs != [pool.id]:
        raise InputError("are statistics of another pool", where=folder, hint="give the pool that was measured")
    return Refilter(folder, screens_for(record, recipe))
