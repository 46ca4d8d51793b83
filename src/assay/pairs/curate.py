"""A recipe over a pool of image–text pairs, by the engine that text has: the dataset is a subset file.

dataset = curate_pairs(describe_pairs(["pool"], recipe), recipe, Path("out"), workers=2)
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from assay.base.errors import InputError
from assay.base.parallel import run_parallel
from assay.curation.compiling import compile_kernels
from assay.curation.documents import Documents, content_bytes
from assay.curation.engine import MAX_BAD, PART_BYTES, prepare, run_phases, tidy, write_funnel
from assay.curation.phases import Phase
from assay.curation.recipe import Recipe
from assay.curation.shard import Part, Shard, collecting
from assay.pairs.metadata import read_pairs
from assay.pairs.pool import embeddings_of
from assay.pairs.subset import SUBSET, parse_uids, write_subset
from assay.pools.parts import parts as parts_of
from assay.pools.pool import pool_columns, pool_files
from assay.pools.quarantine import Reading
from assay.records.artifact import Draft, Identity, build, finished
from assay.records.record import Record, read_record

_METADATA = ".parquet"


@dataclass(frozen=True)
class _Source:
    """The pairs of a metadata file, with these embeddings."""

    embeddings: tuple[str, ...]

    def __call__(self, shard: Shard, part: Part) -> Iterator[Documents]:
        """Batches of pairs; they are counted."""
        with collecting(shard, part) as (quarantine, skipped):
            reading = Reading(quarantine, skipped, shard.file.is_whole)
            for batch in read_pairs(shard.file, self.embeddings, reading):
                documents = Documents(batch)
                part.documents_in += len(documents)
                part.bytes_in += int(content_bytes(documents).sum())
                yield documents


def curate_pairs(
    pool: Record,
    recipe: Recipe,
    out: Path,
    pool_folder: str | Path | None = None,
    workers: int = 1,
    max_bad: float = MAX_BAD,
) -> Record:
    """Make the subset of a recipe and a pool in the folder ``out``; returns its record at once when it is there.

    Beside ``subset.npy`` lie the funnel and samples, as for text. InputError when more than the share ``max_bad`` of
    the rows cannot be used.
    """
    config = {"track": "image-text", "recipe": recipe.identity()}
    identity = Identity("dataset", recipe.name, config, {pool.id: pool_folder or out / "pool"})
    record = finished(out, identity)
    if record:
        return record
    started = time.monotonic()
    with build(out, identity) as draft:
        prepare(draft, pool if pool_folder is None else None, ("quarantine",))
        compile_kernels(recipe)
        parts = run_phases(
            draft, _units(draft, pool, pool_folder, recipe), recipe, partial(run_parallel, workers=workers), max_bad
        )
        _write_subset(draft, len(parts) - 1, len(parts[-1]))
        write_funnel(draft, recipe, parts)
        tidy(draft)
        pairs, seconds = sum(part.documents_in for part in parts[0]), time.monotonic() - started
        draft.metrics |= {"seconds": seconds, "workers": workers, "pairs": pairs, "pairs_per_second": pairs / seconds}
    return read_record(out)


def _units(draft: Draft, pool: Record, pool_folder: str | Path | None, recipe: Recipe):
    """What divides a phase into shards: the metadata files, or the parts of large ones."""
    files = [file for file in pool_files(pool, pool_folder) if file.path.endswith(_METADATA)]
    if not files:
        raise InputError("holds no metadata in Parquet", where=pool.name)
    divided = [part for file in files for part in parts_of(file, PART_BYTES)]
    placed = [replace(part, index=number) for number, part in enumerate(divided)]
    source, columns = _Source(embeddings_of(recipe)), pool_columns(pool)

    def shards(phase: Phase) -> list[Shard]:
        return [Shard(draft.folder, file, columns, phase, source=source) for file in placed]

    return shards


def _write_subset(draft: Draft, phase: int, files: int) -> None:
    paths = (draft.work / f"phase-{phase}" / f"{index:05d}.arrow" for index in range(files))
    words = [words for path in paths for words in _uids_in(path)]
    write_subset(draft.folder / SUBSET, np.concatenate([np.empty((0, 2), np.uint64), *words]))
    draft.rows[SUBSET] = sum(map(len, words))


def _uids_in(path: Path) -> Iterator[np.ndarray]:
    """The uids of the pairs that were kept, without reading anything else of them."""
    with pa.OSFile(str(path)) as source:
        only_ids = pa.ipc.IpcReadOptions(included_fields=[0])
        file = pa.ipc.open_file(source, options=only_ids)
        for number in range(file.num_record_batches):
            yield parse_uids(file.get_batch(number).column("id"))[0]
