"""One pool file as Arrow batches, whatever its format. This is the one way in for everything above this room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pyarrow as pa

from assay.pools.batch import PAGE_SCHEMA, SCHEMA, Row, batched
from assay.pools.columns import Columns
from assay.pools.formats import Format, format_of
from assay.pools.parts import open_content
from assay.pools.pool import PoolFile
from assay.pools.quarantine import BadRow, Reading
from assay.pools.source import open_seekable, open_source
from assay.pools.unpack import unpack


def read_file(
    file: PoolFile,
    columns: Columns,
    quarantine: Callable[[BadRow], None],
    skipped: Counter[str] | None = None,
) -> Iterator[pa.RecordBatch]:
    """The candidates of a file, or of a part of it, in order, in batches with bounded memory.

    Columns: ``id``, ``text``, ``url``, and from WARC files ``html`` (then ``text`` is null until extraction).
    Everything that cannot be used is handed to ``quarantine`` as it is met; ``skipped`` counts what is no candidate by
    its kind.
    InputError when the file is not there, its format is not known, or a column is missing; MachineError when the
    storage fails.
    """
    reading = Reading(quarantine, Counter() if skipped is None else skipped, file.is_whole)
    kind = format_of(file.path)
    yield from batched(_rows(file, kind, columns, reading), PAGE_SCHEMA if kind == "warc" else SCHEMA)


def _rows(file: PoolFile, kind: Format, columns: Columns, reading: Reading) -> Iterator[Row]:
    # Imported here: a process that reads JSONL needs neither fastwarc nor the Parquet library.
    from assay.pools import jsonl, parquet, warc

    if kind == "parquet":
        with open_seekable(file.path) as source:
            yield from parquet.read_rows(source, columns, file, reading)
        return
    with open_content(file, kind) as content:
        if content and kind == "warc":
            yield from warc.read_rows(content, file, reading)
        elif content and file.start == 0:
            yield from jsonl.read_rows(content, columns, file, reading)
        elif content:
            with open_source(file.path) as beginning:
                yield from jsonl.read_rows(content, columns, file, reading, unpack(beginning))
