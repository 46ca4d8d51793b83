"""A batch of documents, and what has been measured on its text so far."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from assay.base.errors import InputError
from assay.pools.batch import REST


@dataclass(frozen=True)
class Ragged:
    """A measurement with several entries a document: those of document d are ``values[offsets[d]:offsets[d + 1]]``."""

    values: np.ndarray
    offsets: np.ndarray
    """int64, one more than there are documents."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, mask: np.ndarray) -> Ragged:
        counts = np.diff(self.offsets)
        return Ragged(self.values[np.repeat(mask, counts)], offsets_of(counts[mask]))

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Values and offsets, as kernels take them."""
        return self.values, self.offsets

    def owners(self, entries: np.ndarray) -> np.ndarray:
        """The document to which each of these entries belongs."""
        return np.searchsorted(self.offsets, entries, side="right") - 1


def offsets_of(counts: npt.ArrayLike) -> np.ndarray:
    """Where the entries of each document begin, and where the last ones end, by how many each has."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])


A = TypeVar("A", bound=np.ndarray | Ragged)

Measured = dict[Callable, tuple[Any, np.ndarray]]
"""The results of measurements, and for which documents they hold (bool)."""

SPLIT_AT = "split_at"
"""The column that says of a text that it stands for a list of pieces, joined by this string; null: it is one text."""

_OWN_COLUMNS = {"id", "text", "url", "html", REST, SPLIT_AT}
SLACK = 64
"""So many bytes can be read behind the last text: kernels look at up to 64 at once."""


class Documents:
    """An Arrow batch with the columns ``id``, ``text`` (large_string) and any others; nothing is changed in place.

    Measurements are plain functions of a Documents that return one array entry a document, or a Ragged, and look at
    each document alone. ``derived`` keeps their results, so that steps which need the same measurement share it, also
    after other steps dropped documents, or changed the text of some.
    """

    def __init__(self, batch: pa.RecordBatch, measured: Measured | None = None):
        self.batch = batch
        self._measured = measured or {}
        self._parts: dict[bytes, Documents] = {}

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
        """All texts as UTF-8: ``data`` (uint8, with ``SLACK`` bytes behind the last) and ``offsets`` (int64, n + 1).

        Document i is ``data[offsets[i]:offsets[i + 1]]``.
        """
        return self._text_bytes

    @cached_property
    def _text_bytes(self) -> tuple[np.ndarray, np.ndarray]:
        return string_bytes(self.text)

    def texts(self) -> list[str]:
        """All texts as strings, for what is written in plain Python."""
        _check_extracted(self.text)
        return self.text.to_pylist()

    def derived(self, measure: Callable[[Documents], A]) -> A:
        """``measure(self)``, computed at most once for each document and text."""
        values, known = self._measured.get(measure, (None, np.zeros(len(self), np.bool_)))
        if not known.any():
            values = measure(self)
            values = values if isinstance(values, Ragged) else np.asarray(values)
            if len(values) != len(self):
                raise AssertionError(f"{measure} returned {len(values)} values for {len(self)} documents")
        elif not known.all():
            values = _merged(values[known], self._part(~known).derived(measure), known)
        self._measured[measure] = values, np.ones(len(self), np.bool_)
        return values  # type: ignore[return-value]

    def _part(self, mask: np.ndarray) -> Documents:
        """Some of the documents; kept, because measurements rest on others."""
        key = mask.tobytes()
        if key not in self._parts:
            self._parts[key] = self.keep(mask)
        return self._parts[key]

    def keep(self, mask: np.ndarray) -> Documents:
        """The documents where ``mask`` (bool, one entry a document) is true, with their measurements."""
        if mask.all():
            return self
        batch = self.batch.filter(pa.array(mask))
        return Documents(batch, {measure: (old[mask], known[mask]) for measure, (old, known) in self._measured.items()})

    def with_text(self, text: pa.Array, measured: Measured | None = None) -> Documents:
        """The same documents with another text; those whose text is the same keep their measurements.

        ``measured`` is what is known of the new text already.
        """
        if text.equals(self.text):
            return self
        import pyarrow.compute as pc

        text = text.cast(pa.large_string())
        same = np.asarray(pc.call_function("equal", [text, self.text]).fill_null(False))
        batch = self.batch.set_column(self.batch.schema.get_field_index("text"), "text", text)
        kept = {measure: (old, known & same) for measure, (old, known) in self._measured.items()}
        return Documents(batch, kept | (measured or {}))

    def with_columns(self, columns: dict[str, pa.Array]) -> Documents:
        """The same documents with columns added or replaced; when none is replaced, the measurements are kept.

        InputError for the names of the pool's own columns.
        """
        taken = sorted(_OWN_COLUMNS & set(columns))
        if taken:
            raise InputError(f"a score cannot be called {taken[0]!r}: that column is the document's own")
        replaced = any(self.has(name) for name in columns)
        return Documents(_set_columns(self.batch, columns), {} if replaced else dict(self._measured))

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


def _merged(old: Any, fresh: Any, known: np.ndarray) -> Any:
    """The old values where ``known``, and the fresh ones elsewhere."""
    if isinstance(old, Ragged):
        counts = _merged(np.diff(old.offsets), np.diff(fresh.offsets), known)
        return Ragged(_merged(old.values, fresh.values, np.repeat(known, counts)), offsets_of(counts))
    values = np.empty((len(known), *fresh.shape[1:]), fresh.dtype)
    values[known], values[~known] = old, fresh
    return values


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
    if len(data) < offsets[-1] + SLACK:
        data = np.concatenate([data[: offsets[-1]], np.zeros(SLACK, np.uint8)])
    data.flags.writeable = offsets.flags.writeable = False  # always, so that kernels are compiled for this alone
    return data, offsets


def _check_extracted(text: pa.Array) -> None:
    if text.null_count:
        raise InputError("a document has no text yet", hint="what makes the text, as html_extraction, must come before")
