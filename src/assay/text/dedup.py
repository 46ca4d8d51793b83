"""Equal documents: one of them stays, the first in the order of the pool unless a key says which.

Where ``split_lines_modifier`` made the texts lists of lines, the same holds for lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from assay.curation.documents import SPLIT_AT, Documents
from assay.curation.step import Decision, PoolStep
from assay.text.normalize import NORMALIZERS, Normalizer

if TYPE_CHECKING:
    import pyarrow as pa

_KEY = np.dtype([("high", "<u8"), ("low", "<u8")])


class ExactDedup(PoolStep):
    """Drops every document that has the text (or the URL) of another one, told by 128 bits of BLAKE2b.

    A document that has none of it stays. Of texts that are lists of lines, the lines are compared, also within a
    document; those that another one has are cut, and a document of which nothing is left is dropped.
    """

    content_key: str = "text"
    """What is compared: ``text``, ``url``, or another key of the documents."""
    normalize: Normalizer | None = None
    """How the content is changed before it is compared; see ``normalize.py``."""
    selection_key: str | None = None
    """Keep the document with the smallest value under this key; the first in pool order, when several have it.

    Numbers come before strings, and documents without a value last.
    """
    selection_normalize: Normalizer | None = None
    """How the value is changed before."""
    selection_reverse: bool = False
    """Keep the one with the largest value instead."""

    def observe(self, documents: Documents) -> pa.RecordBatch:
        """The hash of each content, as two uint64 columns, and what the selection goes by."""
        import pyarrow as pa

        if self.content_key == "text" and is_split(documents):
            return self._observe_lines(documents)
        columns = hash_columns(self._contents(documents))
        if self.selection_key is not None:
            columns |= _selection_columns(self._selection(documents, self.selection_key))
        return pa.RecordBatch.from_pydict(columns)

    def _observe_lines(self, documents: Documents) -> pa.RecordBatch:
        """The same of each line: columns of lists, one a document."""
        import pyarrow as pa

        lines = lines_of(documents)
        counts = [len(each) for each in lines]
        columns = hash_columns(str(_normalized(line, self.normalize)).encode() for each in lines for line in each)
        if self.selection_key is not None:
            values = self._selection(documents, self.selection_key)
            columns |= _selection_columns([value for value, n in zip(values, counts, strict=True) for _ in range(n)])
        offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32())
        return pa.RecordBatch.from_pydict(
            {name: pa.ListArray.from_arrays(offsets, column) for name, column in columns.items()}
        )

    def _contents(self, documents: Documents) -> Iterator[bytes | None]:
        if self.content_key == "text" and self.normalize is None:
            data, offsets = documents.text_bytes()
            return (data[start:stop].tobytes() for start, stop in pairwise(offsets))
        values = documents.values(self.content_key)
        return (None if value is None else str(_normalized(value, self.normalize)).encode() for value in values)

    def _selection(self, documents: Documents, key: str) -> list[Any]:
        values = documents.values(key)
        return [None if value is None else _normalized(value, self.selection_normalize) for value in values]

    def decide(self, observations: pa.Table) -> Decision:
        """Keep the best of each group of equal hashes."""
        import pyarrow as pa

        reason = f"the {self.content_key} is that of an earlier document"
        if self.selection_key is not None:
            reason = f"the {self.content_key} is that of a document whose {self.selection_key} is preferred"
        if not pa.types.is_list(observations.schema.field("high").type):
            return Decision(np.where(self._best(observations), -1, 0).astype(np.int16), (reason,))
        lines = {name: observations[name].combine_chunks().flatten() for name in observations.schema.names}
        counts = observations["high"].combine_chunks().value_lengths().to_numpy()
        return _decide_lines(self._best(pa.table(lines)), counts)

    def _best(self, units: pa.Table) -> np.ndarray:
        if self.selection_key is None:
            return best_of_equal(units)
        return best_of_equal(units, "descending" if self.selection_reverse else "ascending")

    def cut(self, documents: Documents, cuts: pa.Array) -> pa.Array:
        """The texts without the lines of these numbers."""
        import pyarrow as pa

        joined = zip(lines_of(documents), documents.batch.column(SPLIT_AT).to_pylist(), cuts.to_pylist(), strict=True)
        texts = [(at or "").join(line for k, line in enumerate(lines) if k not in gone) for lines, at, gone in joined]
        return pa.array(texts, pa.large_string())


def is_split(documents: Documents) -> bool:
    """Whether the texts are lists of lines."""
    return documents.has(SPLIT_AT) and documents.batch.column(SPLIT_AT).null_count < len(documents)


def lines_of(documents: Documents) -> list[list[str]]:
    """The lines of texts that are lists; a text that is none is a single line."""
    texts = zip(documents.text.to_pylist(), documents.batch.column(SPLIT_AT).to_pylist(), strict=True)
    return [[text] if at is None else text.split(at) for text, at in texts]


def _decide_lines(kept: np.ndarray, counts: np.ndarray) -> Decision:
    """Cut the lines that do not stay, and drop the documents in which none does."""
    import pyarrow as pa

    owners = np.repeat(np.arange(len(counts)), counts)
    numbers = np.arange(len(kept)) - np.repeat(np.cumsum(counts) - counts, counts)
    gone = np.bincount(owners[~kept], minlength=len(counts))
    offsets = pa.array(np.concatenate([[0], np.cumsum(gone)]), pa.int32())
    cuts = pa.ListArray.from_arrays(offsets, pa.array(numbers[~kept], pa.int32()))
    return Decision(np.where(gone == counts, 0, -1).astype(np.int16), ("all lines are those of other documents",), cuts)


def _normalized(value: Any, normalizer: Normalizer | None) -> Any:
    return value if normalizer is None else NORMALIZERS[normalizer](value)


def hash_columns(values: Iterable[bytes | None]) -> dict[str, pa.Array]:
    """128 bits of hash of each value, as the uint64 columns ``high`` and ``low``; null for None."""
    import pyarrow as pa

    contents = list(values)
    hashes = b"".join(blake2b(content or b"", digest_size=16).digest() for content in contents)
    keys = np.frombuffer(hashes, _KEY)
    missing = np.array([content is None for content in contents], np.bool_)
    return {name: pa.array(keys[name], mask=missing) for name in ("high", "low")}


def _selection_columns(values: list[Any]) -> dict[str, pa.Array]:
    import pyarrow as pa

    numbers = [float(value) if isinstance(value, int | float) else None for value in values]
    strings = [value if isinstance(value, str) else None for value in values]
    return {"number": pa.array(numbers, pa.float64()), "string": pa.array(strings, pa.large_string())}


def best_of_equal(units: pa.Table, order: Literal["ascending", "descending"] | None = None) -> np.ndarray:
    """Which units stay (bool), when one of each group with equal hashes does; those without a hash all stay.

    ``units`` has the columns ``high`` and ``low`` and, when there is an order, ``number`` and ``string`` to go by. Of
    equal values, and without an order, the first unit stays.
    """
    high, low = (units.column(name).fill_null(0).to_numpy() for name in ("high", "low"))
    preferences = [] if order is None else [_ranks(units.column(name), order) for name in ("string", "number")]
    rows = np.lexsort((*preferences, low, high))  # stable: equal ones stay in pool order
    kept = np.ones(len(rows), np.bool_)
    kept[rows[1:]] = (high[rows[1:]] != high[rows[:-1]]) | (low[rows[1:]] != low[rows[:-1]])
    return kept | np.asarray(units.column("high").is_null())


def _ranks(values: pa.ChunkedArray, order: Literal["ascending", "descending"]) -> np.ndarray:
    import pyarrow.compute as pc

    options = pc.RankOptions(order, tiebreaker="dense")
    return pc.call_function("rank", [values], options).to_numpy()
