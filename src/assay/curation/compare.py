"""How far two recipes, or two dialects of one rule, disagree on a pool, and on which documents.

Both recipes see the same batches; what they have in common at the beginning is done once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import nsmallest
from itertools import takewhile
from pathlib import Path
from statistics import NormalDist
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.base.errors import InputError
from assay.base.progress import progress
from assay.curation.apply import apply
from assay.curation.documents import Documents
from assay.curation.funnel import excerpt, sample_priority
from assay.curation.recipe import Recipe
from assay.curation.step import PoolStep, Splitter, Step, TrainedScorer
from assay.pools.pool import pool_columns, pool_files
from assay.pools.quarantine import BadRow
from assay.pools.reader import read_file
from assay.records.record import Record

EXAMPLES = 10
CONFIDENCE = 0.95

Steps = tuple[tuple[str, Step], ...]


class Drop(NamedTuple):
    """Where a recipe drops a document, and why."""

    step: str
    reason: str


@dataclass(frozen=True)
class Example:
    """A document that one recipe keeps and the other drops."""

    id: str
    url: str | None
    text: str
    """How it begins."""
    a: Drop | None
    """Where recipe A drops it; None where it keeps it."""
    b: Drop | None


@dataclass
class Comparison:
    """Counts of documents, and some of those on which the recipes disagree."""

    both: int = 0
    """Kept by both."""
    only_a: int = 0
    only_b: int = 0
    neither: int = 0
    differing_texts: int = 0
    """Of those kept by both."""
    drops: Counter[tuple[Literal["a", "b"], Drop]] = field(default_factory=Counter)
    """Of the documents that one recipe keeps: where the other, which is named, drops them."""
    examples: list[Example] = field(default_factory=list)
    unreadable: int = 0
    """Rows of the pool, not among the documents."""

    @property
    def documents(self) -> int:
        """All that were read."""
        return self.both + self.only_a + self.only_b + self.neither

    @property
    def agreement(self) -> float:
        """Share of the documents that both keep or both drop."""
        return (self.both + self.neither) / self.documents

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the agreement."""
        return wilson(self.both + self.neither, self.documents)

    @property
    def jaccard(self) -> float:
        """Documents kept by both, of those kept by any; 1 when neither keeps one."""
        kept = self.both + self.only_a + self.only_b
        return self.both / kept if kept else 1.0


def wilson(successes: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The score interval of a share (Wilson 1927)."""
    z2 = NormalDist().inv_cdf((1 + confidence) / 2) ** 2
    share = successes / trials
    middle = share + z2 / (2 * trials)
    half = (z2 * (share * (1 - share) + z2 / (4 * trials)) / trials) ** 0.5
    return (middle - half) / (1 + z2 / trials), (middle + half) / (1 + z2 / trials)


def compare_recipes(
    a: Recipe,
    b: Recipe,
    pool: Record,
    folder: str | Path | None = None,
    limit: int | None = None,
    examples: int = EXAMPLES,
) -> Comparison:
    """Run two recipes over a pool, or its first ``limit`` documents, and count how they decide.

    InputError for recipes with steps that need the whole pool, or that make several documents of one.
    """
    for recipe in (a, b):
        _check(recipe)
    common = tuple(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], zip(a.steps, b.steps, strict=False)))
    first, rest_a, rest_b = _named(a)[: len(common)], _named(a)[len(common) :], _named(b)[len(common) :]
    comparison = Comparison()
    found: list[tuple[int, str, Example]] = []
    for documents in _batches(pool, folder, limit, comparison):
        begun = _run(first, documents).documents
        comparison.neither += len(documents) - len(begun)
        found += _count(begun, _run(rest_a, begun), _run(rest_b, begun), comparison)
        found = nsmallest(examples, found, key=lambda entry: entry[:2])
    if not comparison.documents:
        raise InputError("the pool holds no document", hint="does it hold the files you mean? see: assay pool stats")
    comparison.examples = [example for _, _, example in found]
    return comparison


def _check(recipe: Recipe) -> None:
    for name, step in recipe.steps:
        if isinstance(step, PoolStep | TrainedScorer | Splitter):
            raise InputError(
                f"the step {name} ({step.kind}) cannot be compared document by document",
                where=recipe.name,
                hint="compare the recipes without it",
            )


def _named(recipe: Recipe) -> Steps:
    """The steps; of several with one name each has its number, as in ``--set``."""
    names = [name for name, _ in recipe.steps]
    return tuple(
        (name if names.count(name) == 1 else f"{name}#{names[: index + 1].count(name)}", step)
        for index, (name, step) in enumerate(recipe.steps)
    )


def _batches(pool: Record, folder: str | Path | None, limit: int | None, comparison: Comparison) -> Iterator[Documents]:
    def count(bad: BadRow) -> None:
        comparison.unreadable += bad.rows

    files = pool_files(pool, folder)
    read = 0
    with progress("comparing", len(files), "files") as bar:
        for file in files:
            for batch in read_file(file, pool_columns(pool), count):
                yield Documents(batch.slice(0, None if limit is None else limit - read))
                read += len(batch)
                if limit is not None and read >= limit:
                    return
            bar.advance()


class _Run(NamedTuple):
    """What a recipe makes of a batch."""

    documents: Documents
    rows: np.ndarray
    """The row in the batch of each document that is kept."""
    drops: dict[int, Drop]
    """Row in the batch → why it is dropped."""


def _run(steps: Steps, documents: Documents) -> _Run:
    rows = np.arange(len(documents))
    drops: dict[int, Drop] = {}
    for name, step in steps:
        if not len(documents):
            break
        outcome = apply(step, documents)
        fallen = ~outcome.kept
        for row, code in zip(rows[fallen].tolist(), outcome.codes[fallen], strict=True):
            drops[row] = Drop(name, outcome.reasons[code])
        rows, documents = rows[outcome.kept], outcome.documents
    return _Run(documents, rows, drops)


def _count(before: Documents, a: _Run, b: _Run, comparison: Comparison) -> Iterator[tuple[int, str, Example]]:
    """Count a batch; yields the documents on which the recipes disagree, with their place among the samples."""
    both = np.intersect1d(a.rows, b.rows, assume_unique=True)
    comparison.both += len(both)
    comparison.neither += len(a.drops.keys() & b.drops.keys())
    comparison.differing_texts += _differing(a, b, both)
    only_a, only_b = sorted(b.drops.keys() - a.drops.keys()), sorted(a.drops.keys() - b.drops.keys())
    comparison.only_a += len(only_a)
    comparison.only_b += len(only_b)
    comparison.drops.update(("a", a.drops[row]) for row in only_b)
    comparison.drops.update(("b", b.drops[row]) for row in only_a)
    priorities = before.derived(sample_priority)
    for row in sorted(only_a + only_b):
        id_, url = before.ids[row].as_py(), before.batch.column("url")[row].as_py()
        yield int(priorities[row]), id_, Example(id_, url, excerpt(before, row), a.drops.get(row), b.drops.get(row))


def _differing(a: _Run, b: _Run, both: np.ndarray) -> int:
    """How many of the rows that both keep have another text."""
    texts = [run.documents.text.take(pa.array(np.searchsorted(run.rows, both))) for run in (a, b)]
    return pc.call_function("sum", [pc.call_function("not_equal", texts)]).as_py() or 0
