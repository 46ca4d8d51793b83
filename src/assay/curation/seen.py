"""The documents that reached a step which decides about the whole pool: on disk, in pool order.

What does not fit into memory is gone through batch by batch, or spread over files that do (``spread``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from assay.base.files import atomic_write
from assay.curation.documents import Documents

T = TypeVar("T")
Run = Callable[[Callable[[T], Any], list[T]], Iterable[Any]]
"""Does a function to all items, somewhere, and yields as they are done."""

_SPREAD = pa.schema([("row", pa.int64()), ("rank", pa.int64()), ("text", pa.large_string())])
FILE_BYTES = 256_000_000
"""Text that a step has in memory at a time."""
_LZ4 = pa.ipc.IpcWriteOptions(compression="lz4")


@dataclass(frozen=True)
class Seen:
    """Where the documents and the observations of them lie, and who works on them."""

    shards: tuple[Path, ...]
    """Arrow files of documents; together they are all, in pool order."""
    observed: tuple[Path, ...]
    """What the step observed, of each of these."""
    work: Path
    """For what is no longer needed when the step has decided; seen by all workers."""
    kept: Path
    """For files that become a part of the dataset. Not there yet."""
    run: Run

    def observations(self, columns: list[str] | None = None) -> pa.Table:
        """What was observed of every document, all of it or some columns."""
        return pa.concat_tables(read_table(path, columns) for path in self.observed)

    def batches(self) -> Iterator[tuple[int, Documents]]:
        """All documents, each batch with the row of its first."""
        row = 0
        for path in self.shards:
            with pa.OSFile(str(path)) as source, pa.ipc.open_file(source) as file:
                for number in range(file.num_record_batches):
                    documents = Documents(file.get_batch(number))
                    yield row, documents
                    row += len(documents)

    def ids(self, rows: np.ndarray) -> pa.Array:
        """The ids of some documents."""
        ids = pa.chunked_array([documents.ids for _, documents in self.batches()], pa.string())
        return ids.take(pa.array(rows)).combine_chunks()

    def spread(self, places: np.ndarray, ranks: np.ndarray, name: str) -> list[Path]:
        """Files of texts, one for each place from 0 on, to be read by ``read_spread``; place -1 is in none."""
        paths = [self.work / f"{name}-{place}.arrow" for place in range(int(places.max(initial=-1)) + 1)]
        with ExitStack() as files:
            outs = [files.enter_context(atomic_write(path)) for path in paths]
            writers = [files.enter_context(pa.ipc.new_file(out, _SPREAD, options=_LZ4)) for out in outs]
            for first, documents in self.batches():
                here = places[first : first + len(documents)]
                for place in np.unique(here[here >= 0]).tolist():
                    rows = np.flatnonzero(here == place)
                    columns = [
                        pa.array(first + rows),
                        pa.array(ranks[first + rows]),
                        documents.text.take(pa.array(rows)),
                    ]
                    writers[place].write_batch(pa.RecordBatch.from_arrays(columns, schema=_SPREAD))
        return paths

    def in_order(self, keys: tuple[np.ndarray, ...], sizes: np.ndarray, parts: np.ndarray) -> list[tuple[int, Path]]:
        """All texts by rising keys (the last key first), in files that fit into memory, with the part of each file.

        ``sizes`` are the bytes of the documents, ``parts`` (int64, from 0 on) what must not share a file.
        """
        rows = np.lexsort((np.arange(len(parts)), *keys, parts))
        ranks, places = np.empty_like(rows), np.empty_like(rows)
        ranks[rows] = np.arange(len(rows))
        full = np.cumsum(sizes[rows]) // FILE_BYTES
        begins = np.ones(len(rows), bool)
        begins[1:] = (full[1:] != full[:-1]) | (parts[rows][1:] != parts[rows][:-1])
        places[rows] = np.cumsum(begins) - 1
        return list(zip(parts[rows][begins].tolist(), self.spread(places, ranks, "texts"), strict=True))


def read_spread(path: Path) -> tuple[np.ndarray, pa.LargeStringArray]:
    """Rows and texts of one file of ``Seen.spread``, by rising rank."""
    with pa.OSFile(str(path)) as source, pa.ipc.open_file(source) as file:
        table = file.read_all()
    if not table.num_rows:
        return np.empty(0, np.int64), pa.array([], pa.large_string())
    table = table.take(pa.array(np.argsort(table["rank"].to_numpy())))
    return table["row"].to_numpy(), table["text"].combine_chunks()


def read_table(path: Path, columns: list[str] | None = None) -> pa.Table:
    """What was observed of the documents of one shard, all of it or some columns."""
    with pa.memory_map(str(path)) as source:
        if columns is None:
            return pa.ipc.open_stream(source).read_all()
        schema = pa.ipc.open_stream(source).schema
        source.seek(0)
        fields = [schema.get_field_index(name) for name in columns]
        return pa.ipc.open_stream(source, options=pa.ipc.IpcReadOptions(included_fields=fields)).read_all()


def write_twins(seen: Seen, twins: pa.Table) -> None:
    """Keep which document is a repeat of which, by their ids, as ``twins.parquet`` of the dataset."""
    seen.kept.mkdir(parents=True, exist_ok=True)
    ids = [seen.ids(twins.column(name).to_numpy()) for name in ("row", "twin")]
    rest = twins.drop_columns(["row", "twin"])
    table = pa.Table.from_arrays([*ids, *rest.columns], ["id", "kept", *rest.column_names])
    with atomic_write(seen.kept / "twins.parquet") as file:
        pq.write_table(table, file, compression="zstd")
