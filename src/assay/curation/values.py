"""What was seen of a batch of documents on its way through the measured steps: how it is written, and read again.

A row a document, a batch a row group. Columns beside those of the filters' rules (float64, NaN: not defined):

- ``id``, and ``url`` and ``bytes`` as they are at the end, or where a modifier drops the document
- ``dropped``  column of the modifier that drops the document, and its ``reason``
- ``before …`` what a modifier was given, where it changed something: bytes, url, and the start of the text
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assay.base.files import below, exists, open_bytes
from assay.curation.apply import Outcome, apply
from assay.curation.documents import Documents, content_bytes
from assay.curation.funnel import SAMPLE_CHARACTERS, excerpt, priorities_of
from assay.curation.step import Filter, Modifier, Step

_BEFORE = pa.struct([("bytes", pa.int64()), ("url", pa.string()), ("text", pa.large_string())])


class Seen:
    """A batch of documents on its way through the steps, and what was seen of each."""

    def __init__(self, documents: Documents):
        self.documents = documents
        """Those that no modifier dropped."""
        self._rows = np.arange(len(documents))  # where these were in the batch
        self._columns: dict[str, pa.Array] = {}
        self._ids = documents.ids
        self._urls = np.array(_urls(documents), object)
        self._bytes = content_bytes(documents)
        self._dropped = np.full(len(documents), None, object)
        self._reasons = np.full(len(documents), None, object)

    def take(self, step: Step, columns: tuple[str, ...]) -> None:
        """Take a step: a filter fills its columns, one a rule, and drops nothing; the others act."""
        if isinstance(step, Filter):
            self._measure(step, columns)
        elif isinstance(step, Modifier):
            self._modify(step, columns[0])
        elif len(self.documents):
            self.documents = apply(step, self.documents).documents

    def values(self) -> pa.RecordBatch:
        """What was seen of each document of the batch."""
        columns = {
            "id": self._ids,
            "url": pa.array(self._urls, pa.string()),
            "bytes": pa.array(self._bytes),
            "dropped": pa.array(self._dropped, pa.string()),
            "reason": pa.array(self._reasons, pa.string()),
        }
        return pa.RecordBatch.from_pydict(columns | self._columns)

    def _measure(self, step: Filter, columns: tuple[str, ...]) -> None:
        for name, rule in zip(columns, step.rules(), strict=True):
            values = np.full(len(self._ids), np.nan)
            if len(self._rows):
                values[self._rows] = self.documents.derived(rule.measure)
            self._columns[name] = pa.array(values)

    def _modify(self, step: Modifier, column: str) -> None:
        before, rows = self.documents, self._rows
        self._columns[column] = pa.nulls(len(self._ids), _BEFORE)
        if not len(before):
            return
        outcome = apply(step, before)
        fallen = np.flatnonzero(~outcome.kept)
        self._dropped[rows[fallen]] = column
        self._reasons[rows[fallen]] = [outcome.reasons[code] for code in outcome.codes[fallen]]
        self.documents, self._rows = outcome.documents, rows[outcome.kept]
        self._bytes[self._rows] = content_bytes(self.documents)
        self._urls[self._rows] = _urls(self.documents)
        changed = _changed(before, outcome)
        where = np.full(len(self._ids), -1)
        where[rows[changed]] = np.arange(len(changed))
        self._columns[column] = _states(before, changed).take(pa.array(where, mask=where < 0))


def _urls(documents: Documents) -> list[str | None]:
    return documents.batch.column("url").to_pylist()


def _changed(before: Documents, outcome: Outcome) -> np.ndarray:
    """The rows of the documents that are dropped, or whose text or url is another now."""
    kept = pa.array(outcome.kept)
    changed = ~outcome.kept
    for name in ("text", "url"):
        old, new = before.batch.column(name).filter(kept), outcome.documents.batch.column(name)
        same = pc.call_function("coalesce", [pc.call_function("equal", [old, new]), pa.scalar(False)])
        both_null = pc.call_function("and", [old.is_null(), new.is_null()])
        changed[outcome.kept] |= ~np.asarray(pc.call_function("or", [same, both_null]))
    return np.flatnonzero(changed)


def _states(documents: Documents, rows: np.ndarray) -> pa.Array:
    """Bytes, url and start of the text of the documents in these rows."""
    url = documents.batch.column("url").take(pa.array(rows))
    texts = documents.text.take(pa.array(rows))
    start = pc.call_function("utf8_slice_codeunits", [texts], pc.SliceOptions(0, SAMPLE_CHARACTERS))
    pages = [None if start[place].is_valid else excerpt(documents, row) for place, row in enumerate(rows.tolist())]
    text = pc.call_function("coalesce", [start, pa.array(pages, pa.large_string())])
    return pa.StructArray.from_arrays([pa.array(content_bytes(documents)[rows]), url, text], fields=list(_BEFORE))


class Measured:
    """A batch of documents as it was seen; what is asked for is read, once."""

    def __init__(self, file: pq.ParquetFile, group: int, surviving: Callable[[], Documents]):
        self._file, self._group, self._surviving = file, group, surviving
        self._columns: dict[str, pa.Array] = {}

    def __len__(self) -> int:
        return self._file.metadata.row_group(self._group).num_rows

    def read(self, names: Sequence[str]) -> None:
        """Read several columns of the values at once, which is faster than one by one."""
        missing = [name for name in dict.fromkeys(names) if name not in self._columns]
        table = self._file.read_row_group(self._group, missing)
        self._columns |= {name: table.column(name).combine_chunks() for name in missing}

    def column(self, name: str) -> pa.Array:
        """A column of the values; ``name.field`` reads one field of a column that has several."""
        if name not in self._columns:
            table = self._file.read_row_group(self._group, [name])
            self._columns[name] = table.column(0).combine_chunks()
        return self._columns[name]

    def numbers(self, name: str) -> np.ndarray:
        """A column of numbers."""
        return self.column(name).to_numpy()

    @cached_property
    def priorities(self) -> np.ndarray:
        """Which documents are samples; see ``funnel.sample_priority``."""
        return priorities_of(self.column("id"))

    @cached_property
    def survived(self) -> np.ndarray:
        """Which documents no modifier dropped (bool)."""
        return np.asarray(self.column("dropped").is_null())

    @cached_property
    def dropped(self) -> np.ndarray:
        """The column of the modifier that drops each document, or None."""
        return np.array(self.column("dropped").to_pylist(), object)

    @cached_property
    def documents(self) -> Documents:
        """The documents that no modifier dropped, after all steps."""
        return self._surviving()

    def bytes_through(self, modifiers: Sequence[str]) -> list[np.ndarray]:
        """The bytes of each document before each of the modifiers, and at the end."""
        sizes = [self.numbers("bytes")]
        for column in reversed(modifiers):
            before = self.column(f"{column}.bytes")
            sizes.append(np.where(before.is_valid(), before.field("bytes").fill_null(0), sizes[-1]))
        return sizes[::-1]

    def sample(self, row: int, modifiers: Sequence[str], reason: str | None = None) -> dict[str, Any]:
        """A document as it is before the first of the modifiers that are still to come (at the end: without any)."""
        for column in modifiers:
            before = self.column(column)[row].as_py()
            if before is not None:
                return self._sample(row, before["url"], reason, before["text"])
        text = excerpt(self.documents, int(np.count_nonzero(self.survived[:row])))
        return self._sample(row, self.column("url")[row].as_py(), reason, text)

    def _sample(self, row: int, url: str | None, reason: str | None, text: str) -> dict[str, Any]:
        return {"id": self.column("id")[row].as_py(), "url": url, "reason": reason, "text": text}


def read_values(folder: str | Path, index: int) -> Iterator[Measured]:
    """The batches of a pool file, in order; each is to be used before the next."""
    path = below(folder, f"values/{index:05d}.parquet")
    if not exists(path):
        return
    texts = below(folder, f"documents/{index:05d}.arrow")
    with open_bytes(path) as values, pq.ParquetFile(values) as file:
        number = 0
        for group in range(file.num_row_groups):
            batch = Measured(file, group, partial(_read_documents, texts, number))
            yield batch
            number += bool(batch.survived.any())


def _read_documents(path: str | Path, number: int) -> Documents:
    with open_bytes(path) as source, pa.ipc.open_file(source) as file:
        return Documents(file.get_batch(number))
