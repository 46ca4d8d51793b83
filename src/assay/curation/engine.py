"""A recipe over a pool: all cores, memory bounded by a few batches a worker, resumable after a kill, the same bytes
for any number of workers.

    dataset = curate(pool, load_recipe("heuristics"), Path("out"), workers=2)
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from assay.base.errors import InputError
from assay.base.files import below, is_remote, write_bytes
from assay.base.parallel import run_parallel
from assay.base.progress import log, progress
from assay.curation.compiling import compile_kernels
from assay.curation.export import plan_exports, write_export
from assay.curation.funnel import add_counts
from assay.curation.on_ray import RayCluster
from assay.curation.phases import Phase, split
from assay.curation.recipe import Recipe, dataset_identity
from assay.curation.refilter import refilter_for
from assay.curation.seen import Run, Seen, read_table, write_twins
from assay.curation.shard import (
    Part,
    Shard,
    decision_folder,
    model_folder,
    read_notes,
    read_part,
    run_shard,
    write_decision,
)
from assay.curation.step import PoolStep, SweepStep, TrainedScorer
from assay.pools.parts import parts as parts_of
from assay.pools.pool import pool_columns, pool_files
from assay.records.artifact import Draft, build, finished
from assay.records.record import Record

T = TypeVar("T")

MAX_BAD = 0.01
PART_BYTES = 256_000_000
"""Larger files are divided where their format lets it. The parts depend on nothing else."""


def curate(
    pool: Record,
    recipe: Recipe,
    out: str | Path,
    pool_folder: str | Path | None = None,
    workers: int = 1,
    max_bad: float = MAX_BAD,
    *,
    ray: RayCluster | None = None,
    statistics: str | Path | None = None,
    work: Path | None = None,
) -> Record:
    """Make the dataset of a recipe and a pool in the folder ``out``; returns its record at once when it is there.

    ``pool_folder`` holds the pool's record; without one it is kept inside the dataset. The work is done by ``workers``
    processes of this machine, or else on the cluster ``ray``. What ``statistics`` of this pool hold is not measured
    again; the dataset is the same (see ``refilter.py``). A dataset for a remote address is made in the folder ``work``
    (by default the user's cache) and sent at the end. InputError when more than the share ``max_bad`` of the pool's
    rows cannot be read.
    """
    run = runner(out, workers, ray, work)
    identity = dataset_identity(pool.id, pool_folder or below(out, "pool"), recipe)
    record = finished(out, identity)
    if record:
        return record
    refilter = refilter_for(statistics, pool, recipe) if statistics else None
    started = time.monotonic()
    with build(out, identity, work) as draft:
        prepare(draft, pool if pool_folder is None else None, ("shards", "quarantine"))
        compile_kernels(recipe)
        units = units_of(draft, pool, pool_folder)
        parts = run_phases(draft, refilter.units(units) if refilter else units, recipe, run, max_bad)
        _export(draft, recipe, parts, run)
        write_funnel(draft, recipe, parts)
        tidy(draft)
        seconds = time.monotonic() - started
        documents = sum(part.documents_in for part in parts[0])
        draft.metrics |= {"seconds": seconds, "workers": workers, "documents_per_second": documents / seconds}
    return finished(out, identity) or _vanished(out)


def runner(out: str | Path, workers: int, ray: RayCluster | None, work: Path | None) -> Run:
    """What does the work. InputError when the nodes of a cluster would not see where it is done."""
    if ray and is_remote(out) and work is None:
        hint = "--work FOLDER, one that all nodes see; what is made there is sent to the address at the end"
        raise InputError("a cluster needs a folder in which to make what is for a remote address", where=out, hint=hint)
    return ray.run if ray else partial(run_parallel, workers=workers)


def _vanished(out: str | Path) -> Record:
    raise AssertionError(f"{out} was built and is gone")


def prepare(draft: Draft, pool: Record | None, folders: Iterable[str]) -> None:
    """Make the folders of a draft, and keep the record of a pool that has no folder."""
    for folder in folders:
        (draft.folder / folder).mkdir(exist_ok=True)
    if pool:
        (draft.folder / "pool").mkdir(exist_ok=True)
        pool.write(draft.folder / "pool")


def units_of(draft: Draft, pool: Record, pool_folder: str | Path | None) -> Callable[[Phase], list[Shard]]:
    """What divides a phase into shards: one for each file of the pool, or each part of a large one."""
    found = (part for file in pool_files(pool, pool_folder) for part in parts_of(file, PART_BYTES))
    files = [replace(part, index=number) for number, part in enumerate(found)]
    columns = pool_columns(pool)
    return lambda phase: [Shard(draft.folder, file, columns, phase) for file in files]


def run_phases(
    draft: Draft, units: Callable[[Phase], list[Shard]], recipe: Recipe, run: Run, max_bad: float
) -> list[list[Part]]:
    """Run all steps over these units; returns the parts of every phase, each in pool order."""
    parts: list[list[Part]] = []
    for phase in split(recipe):
        (draft.work / f"phase-{phase.number}").mkdir(exist_ok=True)
        shards = units(phase)
        if parts:
            shards = _with_first_rows(shards, parts[-1])
        largest_first = sorted(shards, key=lambda shard: -shard.file.size)  # so that no large one is left at the end
        run_all(run, run_shard, largest_first, f"{recipe.name}: {_title(phase)}")
        parts.append([read_part(shard) for shard in shards])
        if phase.number == 0:
            check_pool(draft, parts[0], max_bad)
        if phase.waits_for is not None:
            _decide(phase.waits_for, shards, draft.folder, phase.number + 1, run)
    return parts


def _title(phase: Phase) -> str:
    names = [name for _, name, _ in phase.steps]
    return f"{names[0]} … {names[-1]}" if len(names) > 1 else (names or ["no steps"])[0]


def _with_first_rows(shards: list[Shard], before: list[Part]) -> list[Shard]:
    placed, row = [], 0
    for shard, part in zip(shards, before, strict=True):
        placed.append(replace(shard, first_row=row))
        row += part.documents_out
    return placed


def run_all(run: Run, function: Callable[[T], None], items: list[T], title: str) -> None:
    """Do the function to all items, with a progress bar."""
    with progress(title, len(items), "files") as bar:
        for _ in run(function, items):
            bar.advance()


def check_pool(draft: Draft, parts: list[Part], max_bad: float) -> None:
    """InputError when the pool holds nothing, or more than the share ``max_bad`` of its rows cannot be read."""
    documents = sum(part.documents_in for part in parts)
    reasons = _sum_counts(part.quarantine_reasons for part in parts)
    bad = sum(reasons.values())
    listing = ", ".join(f"{number} × {reason}" for reason, number in reasons.items())
    quarantine = draft.folder / "quarantine"
    if bad and bad > max_bad * (documents + bad):
        raise InputError(
            f"{bad} of {documents + bad} rows of the pool cannot be read ({listing}), more than {max_bad:.2%}",
            where=quarantine,
            hint="look there at what they are; --max-bad SHARE accepts more, and continues where this run stopped",
        )
    if not documents:
        others = reasons | _sum_counts(part.skipped for part in parts)
        met = ", ".join(f"{number} × {what}" for what, number in others.items())
        problem = "the pool holds no document" + (f", but {met}" if met else "")
        raise InputError(problem, hint="does it hold the files you mean? see: assay pool stats")
    if bad:
        log(f"{bad} rows could not be read ({listing}): kept in quarantine/")


def _sum_counts(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for count in counts:
        add_counts(total, count)
    return dict(sorted(total.items()))


def _decide(step: PoolStep | TrainedScorer, shards: list[Shard], draft: Path, phase: int, run: Run) -> None:
    """Let the step with which ``phase`` begins see all documents, and keep what it decides or learns."""
    decision = decision_folder(draft, phase)
    done = decision / "done"
    if done.exists():
        return
    decision.mkdir(parents=True, exist_ok=True)
    there = [shard for shard in shards if shard.work("seen.arrow").exists()]
    observed = tuple(shard.work("seen.arrow") for shard in there)
    if there and isinstance(step, PoolStep):
        kept = draft / "deduplication" / f"{phase}"
        seen = Seen(tuple(shard.work("arrow") for shard in there), observed, decision, kept, run)
        decided = step.decide_from(seen) if isinstance(step, SweepStep) else step.decide(seen.observations())
        if decided.twins is not None:
            write_twins(seen, decided.twins)
        write_decision(decision, decided)
    elif there and isinstance(step, TrainedScorer):
        model = model_folder(draft, phase)
        model.mkdir(parents=True, exist_ok=True)
        step.train(_reduced(step, observed), model)
    write_bytes(done, b"")


def _reduced(step: TrainedScorer, seen: Sequence[Path]) -> pa.Table:
    """The sample of the whole pool, with no more in memory than that of two files."""
    samples = read_table(seen[0])
    for path in seen[1:]:
        samples = step.reduce(pa.concat_tables([samples, read_table(path)]))
    return step.reduce(samples)


def write_funnel(draft: Draft, recipe: Recipe, parts: list[list[Part]]) -> None:
    """Write what each step let through, and samples of it; AssertionError when the totals do not balance."""
    counts = _merge_steps(parts)
    first, last = parts[0], parts[-1]
    reasons = _sum_counts(part.quarantine_reasons for part in first)
    notes_at = {phase.steps[0][0]: phase.number for phase in split(recipe)[1:]}
    steps = [
        {"step": name, "kind": step.kind, **counts[index].summary()} | _notes(draft, notes_at.get(index))
        for index, (name, step) in enumerate(recipe.steps)
    ]
    funnel = {
        "documents_in": sum(part.documents_in for part in first),
        "bytes_in": sum(part.bytes_in for part in first),
        "quarantined": sum(reasons.values()),
        "quarantine_reasons": reasons,
        "skipped": _sum_counts(part.skipped for part in first),
        "documents_out": sum(part.documents_out for part in last),
        "bytes_out": sum(part.bytes_out for part in last),
        "steps": steps,
    }
    _check_balance(funnel)
    write_bytes(draft.folder / "funnel.json", (json.dumps(funnel, indent=1, ensure_ascii=False) + "\n").encode())
    samples = [_sample_rows(index, name, counts[index]) for index, (name, _) in enumerate(recipe.steps)]
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for rows in samples for row in rows)
    write_bytes(draft.folder / "samples.jsonl", "".join(lines).encode(errors="replace"))


def _notes(draft: Draft, phase: int | None) -> dict[str, Any]:
    """What a pool step says of how it decided."""
    notes = {} if phase is None else read_notes(decision_folder(draft.folder, phase))
    return {"notes": notes} if notes else {}


def _merge_steps(parts: list[list[Part]]) -> dict[int, Any]:
    merged: dict[int, Any] = {}
    for part in (part for phase in parts for part in phase):
        for index, count in part.steps.items():
            if index in merged:
                merged[index].merge(count)
            else:
                merged[index] = count
    return merged


def _check_balance(funnel: dict[str, Any]) -> None:
    dropped = sum(sum(step["reasons"].values()) for step in funnel["steps"])
    added = sum(step.get("documents_added", 0) for step in funnel["steps"])
    if funnel["documents_in"] + added != funnel["documents_out"] + dropped:
        raise AssertionError("documents in the pool (and made by splitting) are not documents kept plus dropped")


def _sample_rows(index: int, name: str, count: Any) -> list[dict[str, Any]]:
    rows = [("dropped", sample) for sample in count.dropped] + [("kept", sample) for sample in count.kept]
    return [
        {"step": index, "name": name, "outcome": outcome}
        | {key: value for key, value in sample.items() if key != "priority"}
        for outcome, sample in rows
    ]


def _export(draft: Draft, recipe: Recipe, parts: list[list[Part]], run: Run) -> None:
    """Pack the documents that the last phase left into shards."""
    last = draft.work / f"phase-{len(parts) - 1}"
    files = [(last / f"{index:05d}.arrow", part.batches) for index, part in enumerate(parts[-1])]
    exports = plan_exports(draft.folder / "shards", recipe.output, files)
    run_all(run, write_export, exports, f"{recipe.name}: writing")
    draft.rows |= {f"shards/{export.path.name}": export.documents for export in exports}


def tidy(draft: Draft) -> None:
    """Leave no empty quarantine."""
    if not any((draft.folder / "quarantine").iterdir()):
        (draft.folder / "quarantine").rmdir()
