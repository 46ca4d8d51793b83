"""Make statistics: the steps of a recipe over a pool, with filters that measure but drop nothing.

    record = measure(pool, load_recipe("heuristics"), Path("statistics"), workers=2)

What a modifier makes of a document does not depend on other documents, so the values are those that the recipe compares
with its bounds, also for documents that one of its filters drops earlier.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from assay.base.errors import InputError
from assay.base.files import atomic_write, below, write_bytes
from assay.curation.compiling import compile_kernels
from assay.curation.documents import Documents
from assay.curation.engine import MAX_BAD, Run, check_pool, prepare, run_all, runner, tidy, units_of
from assay.curation.on_ray import RayCluster
from assay.curation.phases import Phase
from assay.curation.recipe import Recipe
from assay.curation.shard import ARROW, Part, Shard, blame, check_extracted, read_pool
from assay.curation.statistics import FOLDERS, RECIPE_NAME, entries, measured_part, statistics_identity
from assay.curation.step import Filter, Step
from assay.curation.values import Seen
from assay.records.artifact import Draft, build, finished
from assay.records.record import Record, read_record


@dataclass(frozen=True)
class Measuring:
    """One unit of work: a file of the pool, and the steps with their columns."""

    shard: Shard
    steps: tuple[tuple[str, Step, tuple[str, ...]], ...]


def measure(
    pool: Record,
    recipe: Recipe,
    out: str | Path,
    pool_folder: str | Path | None = None,
    workers: int = 1,
    max_bad: float = MAX_BAD,
    *,
    ray: RayCluster | None = None,
    work: Path | None = None,
) -> Record:
    """Make the statistics of a pool under a recipe in the folder ``out``; returns its record at once when it is there.

    Where the work is done, and what ``work`` is, is as in ``engine.curate``. InputError when no filter comes before the
    first step that needs all documents, learns or splits, or when more than the share ``max_bad`` of the pool's rows
    cannot be read.
    """
    run = runner(out, workers, ray, work)
    identity = statistics_identity(pool.id, pool_folder or below(out, "pool"), recipe)
    record = finished(out, identity)
    if record:
        return record
    part = measured_part(recipe)
    if not any(isinstance(step, Filter) for _, step in part.steps):
        hint = "statistics are of the filters before the first step that needs all documents, learns, or splits"
        raise InputError("there is nothing to measure", where=f"recipe {recipe.name}", hint=hint)
    started = time.monotonic()
    with build(out, identity, work) as draft:
        prepare(draft, pool if pool_folder is None else None, FOLDERS)
        write_bytes(draft.folder / RECIPE_NAME, yaml.safe_dump(part.as_written(), sort_keys=False).encode())
        compile_kernels(part)
        shards = units_of(draft, pool, pool_folder)(Phase(0, (), None))
        documents = _measure_files(draft, shards, part, run, max_bad)
        seconds = time.monotonic() - started
        draft.metrics |= {"seconds": seconds, "workers": workers, "documents_per_second": documents / seconds}
    return read_record(out)


def _measure_files(draft: Draft, shards: list[Shard], part: Recipe, run: Run, max_bad: float) -> int:
    found = zip(part.steps, entries(part), strict=True)
    steps = tuple((name, step, tuple(entry["columns"])) for (name, step), entry in found)
    run_all(run, measure_file, [Measuring(shard, steps) for shard in shards], f"{part.name}: measuring")
    counts = [Part(**json.loads(shard.path("counts", "json").read_bytes())) for shard in shards]
    check_pool(draft, counts, max_bad)
    tidy(draft)
    draft.rows |= {
        f"values/{shard.path('values', 'parquet').name}": count.documents_in
        for shard, count in zip(shards, counts, strict=True)
    }
    return sum(count.documents_in for count in counts)


def measure_file(work: Measuring) -> None:
    """Measure the documents of a file, unless it is done already."""
    shard = work.shard
    counts = shard.path("counts", "json")
    if counts.exists():
        return
    part = Part()
    with ExitStack() as files:
        values = _Writer(files, shard.path("values", "parquet"), _parquet)
        texts = _Writer(files, shard.path("documents", "arrow"), _arrow)
        for batch in read_pool(shard, part):
            seen = Seen(Documents(batch))
            for name, step, columns in work.steps:
                with blame(name, shard.file.path, Documents(batch)):
                    seen.take(step, columns)
            part.documents_in += len(batch)
            values.write(seen.values())
            if len(seen.documents):
                check_extracted(seen.documents, shard)
                texts.write(seen.documents.without_column("html").batch)
    write_bytes(counts, json.dumps(asdict(part)).encode())


class _Writer:
    """A file of batches; the first decides the columns. A file without any batch is not made."""

    def __init__(self, files: ExitStack, path: Path, format: Callable[[IO[bytes], pa.Schema], Any]):
        self.files, self.path, self.format = files, path, format
        self.writer: Any = None

    def write(self, batch: pa.RecordBatch) -> None:
        if self.writer is None:
            file = self.files.enter_context(atomic_write(self.path))
            self.writer = self.files.enter_context(self.format(file, batch.schema))
        self.writer.write_batch(batch)


def _parquet(file: IO[bytes], schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(file, schema, compression="zstd", use_dictionary=False)


def _arrow(file: IO[bytes], schema: pa.Schema) -> pa.RecordBatchFileWriter:
    return pa.ipc.new_file(file, schema, options=ARROW)
