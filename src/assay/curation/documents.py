"""A batch of documents, and what has been measured on its text so far."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from assay.base.errors import InputError
from assay.pools.batch import REST

A = TypeVar("A", bound=np.ndarray)

SPLIT_AT = "split_at"
"""The column that says of a text that it stands for a list of pieces, joined by this string; null: it is one text."""

_OWN_COLUMNS = {"id", "text", "url", "html", REST, SPLIT_AT}
_SLACK = 8  # kernels read 8 bytes at a time


class Documents:
    """An Arrow batch with the columns ``id``, ``text`` (large_string) and any others; nothing is changed in place.

    Measurements are plain functions of a Documents that return one array entry a document. ``derived`` keeps their
    results, so that steps which need the same measurement share it, also after other steps dropped documents.
    """

    def __init__(self, batch: pa.RecordBatch, measured: dict[Callable, np.ndarray] | None = None):
        self.batch = batch
        self._measured = measured or {}

    def __len__(self) -> int:
        return self.batch.num_rows

    @property
    def text(self) -> pa.LargeStringArray:
        """The text column; an entry is null only before extraction."""
        return self.batch.column("text")

    @property
    def ids(self) -> pa.StringArray:
        """The id column."""
        return self.batch.column("id")

    def text_bytes(self) -> tuple[np.ndarray, np.ndarray]:
        """All texts as UTF-8: ``data`` (uint8, at least 8 bytes longer than the text) and ``offsets`` (int64, n + 1).

        Document i is ``data[offsets[i]:offsets[i + 1]]``.
        """
        return string_bytes(self.text)

    def texts(self) -> list[str]:
        """All texts as strings, for what is written in plain Python."""
        _check_extracted(self.text)
        return self.text.to_pylist()

    def derived(self, measure: Callable[[Documents], A]) -> A:
        """``measure(self)``, computed at most once for this text."""
        if measure not in self._measured:
            values = np.asarray(measure(self))
            if len(values) != len(self):
                raise AssertionError(f"{measure} returned {len(values)} values for {len(self)} documents")
            self._measured[measure] = values
        return self._measured[measure]  # type: ignore[return-value]

    def keep(self, mask: np.ndarray) -> Documents:
        """The documents where ``mask`` (bool, one entry a document) is true, with their measurements."""
        if mask.all():
            return self
        batch = self.batch.filter(pa.array(mask))
        return Documents(batch, {measure: values[mask] for measure, values in self._measured.items()})

    def with_text(self, text: pa.Array) -> Documents:
        """The same documents with another text; measurements are forgotten, unless the text is the same."""
        if text.equals(self.text):
            return self
        index = self.batch.schema.get_field_index("text")
        return Documents(self.batch.set_column(index, "text", text.cast(pa.large_string())))

    def with_columns(self, columns: dict[str, pa.Array]) -> Documents:
        """The same documents with columns added or replaced; measurements of the text are kept.

        InputError for the names of the pool's own columns.
        """
        taken = sorted(_OWN_COLUMNS & set(columns))
        if taken:
            raise InputError(f"a score cannot be called {taken[0]!r}: that column is the document's own")
        return Documents(_set_columns(self.batch, columns), dict(self._measured))

    def changed(self, columns: dict[str, pa.Array]) -> Documents:
        """The same documents with columns of any name added or replaced; measurements are forgotten."""
        return Documents(_set_columns(self.batch, columns))

    def has(self, name: str) -> bool:
        """Whether there is a column of that name."""
        return self.batch.schema.get_field_index(name) >= 0

    def values(self, key: str, required: bool = True) -> list[Any]:
        """What each document has under a key: in a column of that name, or else in its row of the pool.

        Numbers, strings, dicts and lists as JSON has them, None where there is nothing. InputError when no document
        has anything, unless that is not required.
        """
        if self.has(key):
            return self.batch.column(key).to_pylist(maps_as_pydicts="strict")
        found = [rest.get(key) for rest in self.derived(rest_objects)]
        if required and len(self) and all(value is None for value in found):
            names = ", ".join(name for name in self.batch.schema.names if name not in (REST, SPLIT_AT))
            raise InputError(
                f"the documents have no {key!r}", hint=f"an earlier step or the pool must give it; there is: {names}"
            )
        return found

    def without_column(self, name: str) -> Documents:
        """The same documents without a column, if there is one of that name."""
        index = self.batch.schema.get_field_index(name)
        return self if index < 0 else Documents(self.batch.remove_column(index), dict(self._measured))


def _set_columns(batch: pa.RecordBatch, columns: dict[str, pa.Array]) -> pa.RecordBatch:
    for name, values in columns.items():
        index = batch.schema.get_field_index(name)
        batch = batch.append_column(name, values) if index < 0 else batch.set_column(index, name, values)
    return batch


def rest_objects(documents: Documents) -> np.ndarray:
    """The objects in the column ``rest`` as dicts (an array of objects), empty ones where there is nothing."""
    objects = np.empty(len(documents), object)
    rest = documents.batch.column(REST).to_pylist() if documents.has(REST) else [None] * len(documents)
    for row, text in enumerate(rest):
        objects[row] = json.loads(text) if text else {}
    return objects


def content_bytes(documents: Documents) -> np.ndarray:
    """int64 bytes of each document's content: its text, or its HTML where the text is not extracted yet."""
    sizes = _lengths(documents.text)
    if documents.batch.schema.get_field_index("html") >= 0:
        unread = np.asarray(documents.text.is_null())
        sizes = np.where(unread, _lengths(documents.batch.column("html")), sizes)
    return sizes


def _lengths(values: pa.Array) -> np.ndarray:
    """Bytes of each entry of a large_string or large_binary array; 0 for null."""
    offsets = np.frombuffer(values.buffers()[1] or b"\0" * 8, np.int64)[values.offset : values.offset + len(values) + 1]
    return np.where(np.asarray(values.is_null()), 0, np.diff(offsets))


def string_bytes(text: pa.LargeStringArray) -> tuple[np.ndarray, np.ndarray]:
    """The buffers of a large_string array as NumPy views, copied only when kernels could read past the end."""
    _check_extracted(text)
    _, offset_buffer, data_buffer = text.buffers()
    offsets = np.frombuffer(offset_buffer, np.int64)[text.offset : text.offset + len(text) + 1]
    data = np.frombuffer(data_buffer or b"", np.uint8)
    if len(data) < offsets[-1] + _SLACK:
        data = np.concatenate([data[: offsets[-1]], np.zeros(_SLACK, np.uint8)])
    return data, offsets


def _check_extracted(text: pa.Array) -> None:
    if text.null_count:
        raise InputError("a document has no text yet", hint="what makes the text, as html_extraction, must come before")
