"""Which items of evaluation tasks a dataset holds: n-grams of words that both have.

An item is what a model reads: the query with each choice, or else each string of its row. Words and n-grams are those
of the step ``decontamination`` (13 words: Brown et al. 2020, appendix C). Items of fewer words are counted apart.
An item is *contaminated* when the dataset has one of its n-grams, and *dirty* when it has more than 80 % of them (the
share from which Lee et al. and DCLM's appendix O call an item so).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from assay.text.characters import character_table
from assay.text.decontaminate import lower_bytes
from assay.tokens.jsonl import read_jsonl

DIRTY = 0.8
"""Lee et al. 2022; DCLM, appendix O."""
_EXCERPT = 300


@dataclass
class TaskContamination:
    """What a dataset holds of one task."""

    task: str
    items: int
    short: int
    """Items that have no n-gram."""
    contaminated: int = 0
    dirty: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)
    """The most contaminated items: ``item``, ``share`` of its n-grams, ``document`` (an id), ``text`` of the item."""

    @property
    def rate(self) -> float:
        """Share of the items with n-grams that are contaminated; NaN without any."""
        return self.contaminated / (self.items - self.short) if self.items > self.short else float("nan")


@dataclass(frozen=True)
class _Items:
    """The items of a task: text, n-gram hashes, and the item of each."""

    task: str
    texts: list[str]
    hashes: np.ndarray
    owners: np.ndarray


def contamination(
    batches: Iterable[pa.RecordBatch], tasks: dict[str, list[str]], ngram: int = 13, examples: int = 3
) -> list[TaskContamination]:
    """Look for the items of tasks (name → data files) in documents, batches with ``id`` and ``text``."""
    from assay.text.kernels.overlap import find_shared, hash_set

    items = [_read_items(name, files, ngram) for name, files in tasks.items()]
    slots = hash_set(np.unique(np.concatenate([np.empty(0, np.uint64), *(each.hashes for each in items)])))
    where: dict[int, str] = {}
    for batch in batches:
        found, documents = find_shared(*lower_bytes(batch.column("text")), character_table(), ngram, slots)
        hashes, first = np.unique(found, return_index=True)
        ids = batch.column("id").take(pa.array(documents[first])).to_pylist()
        for value, id_ in zip(hashes.tolist(), ids, strict=True):
            where.setdefault(value, id_)
    return [_summary(each, where, examples) for each in items]


def _read_items(task: str, files: list[str], ngram: int) -> _Items:
    from assay.text.kernels.overlap import hash_ngrams

    rows = [row for file in files for _, row in read_jsonl(file)]
    passages = [(number, passage) for number, row in enumerate(rows) for passage in _passages(row)]
    hashes, owners = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    for number, passage in passages:
        found = np.unique(hash_ngrams(*lower_bytes(pa.array([passage], pa.large_string())), character_table(), ngram))
        hashes.append(found)
        owners.append(np.full(len(found), number))
    pairs = np.unique(np.stack([np.concatenate(owners).astype(np.uint64), np.concatenate(hashes)]), axis=1)
    return _Items(task, [" ".join(_strings(row)) for row in rows], pairs[1], pairs[0].astype(np.int64))


def _passages(row: dict[str, Any]) -> Iterator[str]:
    choices = row.get("choices")
    if isinstance(row.get("query"), str) and isinstance(choices, list):
        yield from (f"{row['query']} {choice}" for choice in choices)
    else:
        yield from _strings(row)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)


def _summary(items: _Items, where: dict[int, str], examples: int) -> TaskContamination:
    known = np.array([value in where for value in items.hashes.tolist()], bool)
    totals = np.bincount(items.owners, minlength=len(items.texts))
    shares = np.bincount(items.owners, known, len(items.texts)) / np.maximum(totals, 1)
    result = TaskContamination(
        items.task, len(totals), int((totals == 0).sum()), int((shares > 0).sum()), int((shares > DIRTY).sum())
    )
    for item in np.argsort(-shares, kind="stable")[:examples]:
        if shares[item] > 0:
            first = items.hashes[known & (items.owners == item)][0]
            text = items.texts[item][:_EXCERPT]
            result.examples.append(
                {"item": int(item), "share": float(shares[item]), "document": where[int(first)], "text": text}
            )
    return result
