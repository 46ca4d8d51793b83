"""The texts in a file that a step names (held-out text, examples of good text): all of it must be usable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn

from assay.base.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

    from assay.pools.quarantine import BadRow


def read_texts(file: str) -> Iterator[pa.LargeStringArray]:
    """The texts in a JSONL or Parquet file (or WARC with text), in batches of bounded size.

    InputError when the file is not there, or at the first row that holds no text.
    """
    from assay.pools.columns import Columns
    from assay.pools.pool import PoolFile
    from assay.pools.reader import read_file

    def refuse(bad: BadRow) -> NoReturn:
        raise InputError(f"{bad.where}: {bad.reason}", where=file)

    for batch in read_file(PoolFile(0, file, "", 0, ""), Columns(), refuse):
        text = batch.column("text")
        if text.null_count:
            raise InputError(
                "holds web pages, not text", where=file, hint="curate it first, and give the dataset's shards"
            )
        yield text
