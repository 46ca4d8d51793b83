"""One document of a pool, by its id or its address."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pyarrow as pa

from assay.base.errors import InputError
from assay.base.progress import progress
from assay.pools.pool import pool_columns, pool_files
from assay.pools.reader import read_file
from assay.records.record import Record

_SHOWN = 3


def find_document(pool: Record, folder: str | Path | None, key: str) -> pa.RecordBatch:
    """The first document with this id or address, otherwise the only one that has ``key`` within these: a batch of one.

    Reads the pool until it is found. InputError with near misses when there is none, or several.
    """
    partial: list[pa.RecordBatch] = []
    near: list[str] = []
    for batch in _batches(pool, folder):
        pairs = list(zip(batch.column("id").to_pylist(), batch.column("url").to_pylist(), strict=True))
        for row, pair in enumerate(pairs):
            if key in pair:
                return batch.slice(row, 1)
            if len(partial) <= _SHOWN and any(key in name for name in pair if name):
                partial.append(batch.slice(row, 1))
        near = _nearest(key, [*near, *(name for pair in pairs for name in pair if name)])
    if len(partial) == 1:
        return partial[0]
    raise _several(key, partial) if partial else _none(key, near)


def _batches(pool: Record, folder: str | Path | None) -> Iterator[pa.RecordBatch]:
    files = pool_files(pool, folder)
    with progress("looking for the document", len(files), "files") as bar:
        for file in files:
            yield from read_file(file, pool_columns(pool), lambda _: None)
            bar.advance()


def _nearest(key: str, names: list[str]) -> list[str]:
    """The names that agree with the key from the beginning for longest."""
    return heapq.nlargest(_SHOWN, dict.fromkeys(names), lambda name: _agreeing(name, key))


def _agreeing(one: str, other: str) -> int:
    """How many characters agree from the beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _several(key: str, found: list[pa.RecordBatch]) -> InputError:
    names = [batch.column("url")[0].as_py() or batch.column("id")[0].as_py() for batch in found]
    shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
    return InputError(f"several documents of the pool have {key!r} in id or address", hint=f"which one? {shown}")


def _none(key: str, near: list[str]) -> InputError:
    alike = [name for name in near if 2 * _agreeing(name, key) >= len(key)]
    hint = f"nearest: {', '.join(alike)}" if alike else None
    return InputError(f"no document of the pool has {key!r} as its id or address, or in it", hint=hint)
