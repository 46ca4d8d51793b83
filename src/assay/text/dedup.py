"""Equal documents: one of them stays, for any order of the files: the one that a key says, or that of the least id.

"Least" is meant of a hash of the ids.

Where ``split_lines_modifier`` made the texts lists of lines, the same holds for lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from assay.curation.documents import SPLIT_AT, Documents, offsets_of, string_bytes
from assay.curation.seen import Seen, read_table
from assay.curation.step import Decision, SweepStep
from assay.text.normalize import NORMALIZERS, Normalizer

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS_AT_ONCE = 20_000_000
"""Documents whose hashes are in memory at a time: some 2 GB."""


class ExactDedup(SweepStep):
    """Drops every document that has the text (or the URL) of another one, told by 128 bits of hash.

    A document that has none of it stays. Of texts that are lists of lines, the lines are compared, also within a
    document; those that another one has are cut, and a document of which nothing is left is dropped.
    """

    version: ClassVar[int] = 2

    content_key: str = "text"
    """What is compared: ``text``, ``url``, or another key of the documents."""
    normalize: Normalizer | None = None
    """How the content is changed before it is compared; see ``normalize.py``."""
    selection_key: str | None = None
    """Keep the document with the smallest value under this key; of several that have it, that of the least id.

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
        columns = hash_columns(self._contents(documents)) | {"tie": pa.array(id_hashes(documents))}
        if self.selection_key is not None:
            columns |= _selection_columns(self._selection(documents, self.selection_key))
        return pa.RecordBatch.from_pydict(columns)

    def _observe_lines(self, documents: Documents) -> pa.RecordBatch:
        """The same of each line: columns of lists, one a document."""
        import pyarrow as pa

        lines = lines_of(documents)
        counts = np.array([len(each) for each in lines], np.int64)
        contents = [str(_normalized(line, self.normalize)) for each in lines for line in each]
        columns = hash_columns(pa.array(contents, pa.large_string()))
        columns["tie"] = pa.array(np.repeat(id_hashes(documents), counts))
        if self.selection_key is not None:
            values = self._selection(documents, self.selection_key)
            columns |= _selection_columns([value for value, n in zip(values, counts, strict=True) for _ in range(n)])
        offsets = pa.array(offsets_of(counts), pa.int32())
        return pa.RecordBatch.from_pydict(
            {name: pa.ListArray.from_arrays(offsets, column) for name, column in columns.items()}
        )

    def _contents(self, documents: Documents) -> pa.Array:
        import pyarrow as pa

        if self.content_key == "text" and self.normalize is None:
            return documents.text
        if self.content_key == "url" and self.normalize is None:
            return documents.batch.column("url").cast(pa.large_string())
        values = documents.values(self.content_key)
        contents = [None if value is None else str(_normalized(value, self.normalize)) for value in values]
        return pa.array(contents, pa.large_string())

    def _selection(self, documents: Documents, key: str) -> list[Any]:
        values = documents.values(key)
        return [None if value is None else _normalized(value, self.selection_normalize) for value in values]

    def decide_from(self, seen: Seen) -> Decision:
        """Keep the best of each group of equal hashes; by ranges of the hashes, so that memory is bounded."""
        import pyarrow as pa

        counts = [len(read_table(path)) for path in seen.observed]
        ranges = -(-sum(counts) // _ROWS_AT_ONCE)
        if ranges == 1 or pa.types.is_list(read_table(seen.observed[0]).schema.field("high").type):
            return self.decide(seen.observations())
        codes, twins = np.full(sum(counts), -1, np.int16), []
        for number in range(ranges):
            rows, units = _in_range(seen, counts, number, ranges)
            decided = self.decide(units)
            codes[rows] = decided.codes
            twins += [] if decided.twins is None else [_moved(decided.twins, rows)]
        return Decision(codes, self._reasons, twins=pa.concat_tables(twins) if twins else None)

    @property
    def _reasons(self) -> tuple[str, ...]:
        if self.selection_key is None:
            return (f"the {self.content_key} is that of another document",)
        return (f"the {self.content_key} is that of a document whose {self.selection_key} is preferred",)

    def decide(self, observations: pa.Table) -> Decision:
        """Keep the best of each group of equal hashes."""
        import pyarrow as pa

        if pa.types.is_list(observations.schema.field("high").type):
            lines = {name: observations[name].combine_chunks().flatten() for name in observations.schema.names}
            counts = observations["high"].combine_chunks().value_lengths().to_numpy()
            return _decide_lines(self._best(pa.table(lines)) == np.arange(counts.sum()), counts)
        best = self._best(observations)
        gone = np.flatnonzero(best != np.arange(len(best)))
        twins = pa.table({"row": gone, "twin": best[gone]}) if len(gone) else None
        codes = np.full(len(best), -1, np.int16)
        codes[gone] = 0
        return Decision(codes, self._reasons, twins=twins)

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


def hash_columns(contents: pa.Array) -> dict[str, pa.Array]:
    """128 bits of hash of each entry of a large_string array, as uint64 columns ``high`` and ``low``; null for null."""
    import pyarrow as pa

    from assay.text.kernels.fingerprint import fingerprints

    missing = np.asarray(contents.is_null()) if contents.null_count else None
    columns = fingerprints(*string_bytes(contents.fill_null("") if contents.null_count else contents))
    return {name: pa.array(column, mask=missing) for name, column in zip(("high", "low"), columns, strict=True)}


def id_hashes(documents: Documents) -> np.ndarray:
    """A hash of each id (uint64), by which ties are broken; it does not depend on where the document lies."""
    import pyarrow as pa

    from assay.text.kernels.fingerprint import fingerprints

    return fingerprints(*string_bytes(documents.ids.cast(pa.large_string()).fill_null("")))[0]


def _in_range(seen: Seen, counts: list[int], number: int, ranges: int) -> tuple[np.ndarray, pa.Table]:
    """The rows whose hashes lie in one of so many equal ranges, and what was observed of them."""
    import pyarrow as pa

    rows, units, first = [], [], 0
    for path, count in zip(seen.observed, counts, strict=True):
        table = read_table(path)
        high = table["high"].fill_null(0).to_numpy()
        here = np.flatnonzero((high >> np.uint64(32)) * np.uint64(ranges) >> np.uint64(32) == number)
        rows.append(first + here)
        units.append(table.take(pa.array(here)))
        first += count
    return np.concatenate(rows), pa.concat_tables(units)


def _moved(twins: pa.Table, rows: np.ndarray) -> pa.Table:
    import pyarrow as pa

    return pa.table({name: rows[twins[name].to_numpy()] for name in ("row", "twin")})


def _selection_columns(values: list[Any]) -> dict[str, pa.Array]:
    import pyarrow as pa

    numbers = [float(value) if isinstance(value, int | float) else None for value in values]
    strings = [value if isinstance(value, str) else None for value in values]
    return {"number": pa.array(numbers, pa.float64()), "string": pa.array(strings, pa.large_string())}


def best_of_equal(units: pa.Table, order: Literal["ascending", "descending"] | None = None) -> np.ndarray:
    """The unit that stays of the group with each unit's hash (int64); units without a hash are their own.

    ``units`` has the columns ``high``, ``low`` and ``tie``, and, when there is an order, ``number`` and ``string`` to
    go by. Of equal values, and without an order, the least ``tie`` stays, and of equal ones the first unit.
    """
    high, low = (units.column(name).fill_null(0).to_numpy() for name in ("high", "low"))
    preferences = [] if order is None else [_ranks(units.column(name), order) for name in ("string", "number")]
    rows = np.lexsort((units.column("tie").to_numpy(), *preferences, low, high))  # stable
    begins = np.ones(len(rows), np.bool_)
    begins[1:] = (high[rows[1:]] != high[rows[:-1]]) | (low[rows[1:]] != low[rows[:-1]])
    best = np.empty(len(rows), np.int64)
    best[rows] = rows[begins][np.cumsum(begins) - 1]
    missing = np.flatnonzero(units.column("high").is_null())
    best[missing] = missing
    return best


def _ranks(values: pa.ChunkedArray, order: Literal["ascending", "descending"]) -> np.ndarray:
    import pyarrow.compute as pc

    options = pc.RankOptions(order, tiebreaker="dense")
    return pc.call_function("rank", [values], options).to_numpy()
