"""Equal documents: one of them stays, the first in the order of the pool unless a key says which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from assay.curation.documents import Documents
from assay.curation.step import Decision, PoolStep
from assay.text.normalize import NORMALIZERS, Normalizer

if TYPE_CHECKING:
    import pyarrow as pa

_KEY = np.dtype([("high", "<u8"), ("low", "<u8")])


class ExactDedup(PoolStep):
    """Drops every document that has the text (or the URL) of another one, told by 128 bits of BLAKE2b.

    A document that has none of it stays.
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

        columns = hash_columns(self._contents(documents))
        if self.selection_key is not None:
            columns |= _selection_columns(self._selection(documents, self.selection_key))
        return pa.RecordBatch.from_pydict(columns)

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
        if self.selection_key is None:
            kept = best_of_equal(observations)
            reason = f"the {self.content_key} is that of an earlier document"
        else:
            kept = best_of_equal(observations, "descending" if self.selection_reverse else "ascending")
            reason = f"the {self.content_key} is that of a document whose {self.selection_key} is preferred"
        return Decision(np.where(kept, -1, 0).astype(np.int16), (reason,))


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
