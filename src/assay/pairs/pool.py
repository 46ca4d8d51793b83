"""Which files make a pool of image–text pairs: metadata in Parquet, and embeddings where a recipe uses them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from assay.base.errors import InputError
from assay.base.files import expand
from assay.curation.recipe import Recipe
from assay.pairs.embeddings import UsesEmbeddings, embeddings_file
from assay.pools.columns import Columns
from assay.pools.pool import describe_files
from assay.records.record import Record

_PARQUET = ".parquet"
METADATA = "metadata"
"""The folder of a DataComp download in which the metadata lie, beside ``shards``."""
_SIGNS = ({"original_width", "width"}, {"uid"})


def metadata_files(patterns: Iterable[str]) -> list[str]:
    """The metadata that folders and paths name: in a folder with ``metadata`` those in it, otherwise all Parquet files.

    InputError when there are none.
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        inner = Path(pattern, METADATA)
        found.update(dict.fromkeys(map(os.path.abspath, expand([inner if inner.is_dir() else pattern], (_PARQUET,)))))
    return list(found)


def holds_pairs(patterns: Iterable[str]) -> bool:
    """Whether these are folders or files of image–text pairs: the first Parquet file has uids and sizes."""
    try:
        file = next((name for name in metadata_files(patterns) if name.endswith(_PARQUET)), None)
        names = set(pq.read_schema(file).names) if file else set()
    except (InputError, pa.ArrowException, OSError):
        return False
    return all(names & signs for signs in _SIGNS)


def embeddings_of(recipe: Recipe) -> tuple[str, ...]:
    """The embeddings that the steps of a recipe look at."""
    names = (name for _, step in recipe.steps if isinstance(step, UsesEmbeddings) for name in step.embeddings())
    return tuple(dict.fromkeys(names))


def describe_pairs(patterns: Iterable[str], recipe: Recipe) -> Record:
    """The record of a pool of pairs: its metadata by content, and the embeddings, if the recipe looks at any."""
    files = metadata_files(patterns)
    if embeddings_of(recipe):
        files += [str(embeddings_file(file)) for file in files]
    return describe_files(files, Columns())
