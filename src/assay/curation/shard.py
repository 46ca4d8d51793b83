"""One file of the pool through one phase of a recipe: what a worker does.

A phase leaves the documents that go on in an Arrow file. Everything is written under a temporary name and renamed; the
part's counts (``00000.json``) are written last, so where they exist the file is done.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.base.errors import InputError
from assay.base.files import atomic_write, write_bytes
from assay.curation.apply import KEPT, Outcome, apply, changed
from assay.curation.documents import Documents, content_bytes
from assay.curation.funnel import StepCount, add_counts, sample_priority
from assay.curation.phases import Phase
from assay.curation.step import Decision, Modified, PoolStep, Step, TrainedScorer
from assay.pools.columns import Columns
from assay.pools.pool import PoolFile
from assay.pools.quarantine import BadRow
from assay.pools.reader import read_file

ARROW = pa.ipc.IpcWriteOptions(compression="lz4")
_NOTHING = pa.schema([("id", pa.string()), ("text", pa.large_string())])


@dataclass(frozen=True)
class Shard:
    """One unit of work: a file of the pool, in one phase."""

    draft: Path
    file: PoolFile
    columns: Columns
    phase: Phase
    first_row: int = 0
    """Where this file's documents begin among all that entered the phase."""
    source: Callable[[Shard, Part], Iterator[Documents]] | None = None
    """What gives the documents of the first phase instead of the file, and counts them."""

    def path(self, folder: str, ending: str) -> Path:
        """A file of this shard below the draft."""
        return self.draft / folder / f"{self.file.index:05d}.{ending}"

    def work(self, ending: str, phase: int | None = None) -> Path:
        """A scratch file of this shard in a phase (this one by default)."""
        return self.path(f"work/phase-{self.phase.number if phase is None else phase}", ending)


@dataclass
class Part:
    """What one phase did to one file."""

    documents_in: int = 0
    bytes_in: int = 0
    documents_out: int = 0
    bytes_out: int = 0
    quarantine_reasons: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    """Records of the file that are no candidates (requests, images …), by kind."""
    steps: dict[int, StepCount] = field(default_factory=dict)
    batches: list[tuple[int, int]] = field(default_factory=list)
    """Documents and bytes of each batch in the Arrow file."""


def run_shard(shard: Shard) -> None:
    """Do the work of a shard, unless it is done already."""
    if shard.work("json").exists():
        return
    part = Part(steps={index: StepCount() for index, _, _ in shard.phase.steps})
    kept = (_run_phase(shard, documents, row, part) for row, documents in _numbered(_read(shard, part)))
    _write(shard, kept, part)
    write_bytes(shard.work("json"), json.dumps(asdict(part)).encode())


def read_part(shard: Shard) -> Part:
    """The counts of a finished shard."""
    value: dict[str, Any] = json.loads(shard.work("json").read_bytes())
    steps = {int(index): StepCount(**count) for index, count in value.pop("steps").items()}
    return Part(**value, steps=steps)


def _read(shard: Shard, part: Part) -> Iterator[Documents]:
    if shard.source is not None and shard.phase.number == 0:
        yield from shard.source(shard, part)
        return
    if shard.phase.number == 0:
        batches = read_pool(shard, part)
    else:
        batches = read_arrow(shard.work("arrow", shard.phase.number - 1))
    for batch in batches:
        documents = Documents(batch)
        part.documents_in += len(documents)
        part.bytes_in += int(content_bytes(documents).sum())
        yield documents


def read_pool(shard: Shard, part: Part) -> Iterator[pa.RecordBatch]:
    """The file's documents; rows that are not documents go to the quarantine, which appears when the file is read."""
    with collecting(shard, part) as (quarantine, skipped):
        yield from read_file(shard.file, shard.columns, quarantine, skipped)


@contextmanager
def collecting(shard: Shard, part: Part) -> Iterator[tuple[Callable[[BadRow], None], Counter[str]]]:
    """What takes the rows that cannot be used, and counts what is no candidate; both are kept when all is read."""
    rejected: list[dict[str, Any]] = []

    def quarantine(bad: BadRow) -> None:
        add_counts(part.quarantine_reasons, {bad.reason: bad.rows})
        rejected.append({"file": PurePosixPath(shard.file.path).name, **asdict(bad)})

    skipped: Counter[str] = Counter()
    yield quarantine, skipped
    part.skipped.update(skipped)
    if rejected:
        lines = "".join(json.dumps(row, ensure_ascii=True) + "\n" for row in rejected)
        write_bytes(shard.path("quarantine", "jsonl"), lines.encode())


def read_arrow(path: Path, first: int = 0, last: int | None = None) -> Iterator[pa.RecordBatch]:
    """The batches of an Arrow file, or those from ``first`` on and before ``last``."""
    with pa.OSFile(str(path)) as source, pa.ipc.open_file(source) as file:
        for number in range(first, file.num_record_batches if last is None else last):
            yield file.get_batch(number)


def _numbered(batches: Iterator[Documents]) -> Iterator[tuple[int, Documents]]:
    row = 0
    for documents in batches:
        yield row, documents
        row += len(documents)


def _run_phase(shard: Shard, documents: Documents, row: int, part: Part) -> Documents:
    documents.derived(sample_priority)  # now, so that the steps hand it on
    for position, (index, name, step) in enumerate(shard.phase.steps):
        if not len(documents):
            break
        with blame(name, shard.file.path, documents):
            outcome = _apply_step(shard, step, documents, shard.first_row + row if position == 0 else None)
        part.steps[index].count(documents, outcome)
        documents = outcome.documents
    part.documents_out += len(documents)
    part.bytes_out += int(content_bytes(documents).sum())
    return documents


@contextmanager
def blame(step: str, path: str, documents: Documents) -> Iterator[None]:
    """Say of an error in which step and where it came up."""
    try:
        yield
    except Exception as error:
        error.add_note(f"in step {step}, file {path}, in the documents from id {documents.ids[0]} on")
        raise


def _apply_step(shard: Shard, step: Step, documents: Documents, row: int | None) -> Outcome:
    if isinstance(step, PoolStep):
        folder = decision_folder(shard.draft, shard.phase.number)
        return _carry_out(step, read_decision(folder, row or 0, len(documents)), documents)
    if isinstance(step, TrainedScorer):
        columns = step.score(documents, model_folder(shard.draft, shard.phase.number))
        return Outcome(documents.with_columns(columns), np.full(len(documents), KEPT, np.int16), ())
    return apply(step, documents)


def _carry_out(step: PoolStep, decision: Decision, documents: Documents) -> Outcome:
    kept = decision.codes == KEPT
    if decision.columns is not None:
        documents = documents.with_columns(
            {name: decision.columns[name].combine_chunks() for name in decision.columns.column_names}
        )
    if decision.cuts is None:
        return Outcome(documents.keep(kept), decision.codes, decision.reasons)
    text = step.cut(documents, decision.cuts)
    text = pc.call_function("if_else", [pa.array(kept), text, pa.scalar(None, pa.large_string())])
    return changed(Modified(text, [decision.reasons[code] for code in decision.codes]), documents)


def decision_folder(draft: Path, phase: int) -> Path:
    """Where the decisions lie with which a phase begins."""
    return draft / "work" / f"decision-{phase}"


def model_folder(draft: Path, phase: int) -> Path:
    """Where the model lies with which a phase begins; it is a part of the dataset."""
    return draft / "models" / f"{phase}"


def write_decision(folder: Path, decision: Decision) -> None:
    """Keep what was decided about every document, in pool order."""
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_write(folder / "reasons.json") as file:
        file.write(json.dumps(decision.reasons).encode())
    with atomic_write(folder / "codes.npy") as file:
        np.save(file, decision.codes.astype(np.int16), allow_pickle=False)
    write_bytes(folder / "notes.json", json.dumps(decision.notes).encode())
    for name, table in (("cuts", decision.cuts), ("columns", decision.columns)):
        if table is not None:
            rows = table if isinstance(table, pa.Table) else pa.Table.from_pydict({name: table})
            with atomic_write(folder / f"{name}.arrow") as file, pa.ipc.new_file(file, rows.schema) as writer:
                writer.write_table(rows)


def read_decision(folder: Path, start: int, count: int) -> Decision:
    """What was decided about ``count`` documents from ``start`` on."""
    codes = np.load(folder / "codes.npy", mmap_mode="r", allow_pickle=False)
    reasons = tuple(json.loads((folder / "reasons.json").read_bytes()))
    cuts = _read_rows(folder / "cuts.arrow", start, count)
    columns = _read_rows(folder / "columns.arrow", start, count)
    return Decision(
        np.array(codes[start : start + count]), reasons, None if cuts is None else cuts.column(0).chunk(0), columns
    )


def _read_rows(path: Path, start: int, count: int) -> pa.Table | None:
    if not path.exists():
        return None
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).read_all().slice(start, count).combine_chunks()


def read_notes(folder: Path) -> dict[str, Any]:
    """What was said of how it was decided."""
    path = folder / "notes.json"
    return json.loads(path.read_bytes()) if path.exists() else {}


def _write(shard: Shard, kept: Iterator[Documents], part: Part) -> None:
    """The documents that go on, and what the step at the cut needs to know of them."""
    seen: list[pa.Table] = []
    with ExitStack() as files:
        file = files.enter_context(atomic_write(shard.work("arrow")))
        writer: pa.ipc.RecordBatchFileWriter | None = None
        for documents in kept:
            if not len(documents):
                continue
            check_extracted(documents, shard)
            extracted = documents.without_column("html")
            if writer is None:
                writer = files.enter_context(pa.ipc.new_file(file, extracted.batch.schema, options=ARROW))
            writer.write_batch(extracted.batch)
            part.batches.append((len(extracted), int(content_bytes(extracted).sum())))
            if shard.phase.waits_for is not None:
                seen = _observe(shard.phase.waits_for, extracted, seen)
        if writer is None:
            files.enter_context(pa.ipc.new_file(file, _NOTHING))
    if seen:
        _write_table(pa.concat_tables(seen), shard.work("seen.arrow"))


def check_extracted(documents: Documents, shard: Shard) -> None:
    """InputError when a document has no text."""
    if documents.text.null_count:
        raise InputError(
            f"document {documents.ids[0]} has no text yet",
            where=shard.file.path,
            hint="a pool of HTML pages needs html_extraction at the beginning of the recipe, other pools a step that "
            "makes the text",
        )


def _observe(step: PoolStep | TrainedScorer, documents: Documents, seen: list[pa.Table]) -> list[pa.Table]:
    if isinstance(step, PoolStep):
        return [*seen, pa.Table.from_batches([step.observe(documents)])]
    return [step.reduce(pa.concat_tables([*seen, step.sample(documents)]))]


def _write_table(table: pa.Table, path: Path) -> None:
    with atomic_write(path) as file, pa.ipc.new_stream(file, table.schema, options=ARROW) as writer:
        writer.write_table(table)
