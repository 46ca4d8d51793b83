"""Pools made by tests, and what a folder holds."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa
import zstandard

from assay.base.parallel import run_parallel
from assay.curation.documents import Documents
from assay.curation.seen import Run, Seen
from assay.curation.step import Decision, SweepStep
from assay.pools.columns import Columns
from assay.pools.pool import describe_pool

SENTENCES = [
    "The river that runs past the town is wide and slow, and the people have lived with it for a long time.",
    "Nobody knows to this day who built the old bridge, but it has carried carts, cattle and soldiers.",
    "In the spring of that year the water rose, and the lower houses had to be left for a month.",
    "A dog barked at the mill; the miller, who was used to it, went on with the work of the morning.",
]


def prose(number: int) -> str:
    """A page of distinct, ordinary English."""
    lines = [f"{sentence} It was entry {number * 7 + k} of {number}." for k, sentence in enumerate(SENTENCES)]
    return "\n".join(lines)


def write_jsonl(path: Path, documents: list[dict]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(document) + "\n" for document in documents))
    return path


def make_pool(folder: Path, files: int = 3, documents: int = 40):
    """A pool of prose, one document in four short, one in eight a repeat of the file's first."""
    for file in range(files):
        rows = []
        for index in range(documents):
            number = file * documents + index
            text = prose(number)
            if index % 4 == 1:
                text = "too short"
            elif index % 8 == 2:
                text = prose(file * documents)
            rows.append({"id": f"d{number}", "text": text, "url": f"https://example.org/{number}"})
        write_jsonl(folder / f"{file}.jsonl", rows)
    return describe_pool([str(folder)], Columns())


def read_dataset(folder: Path) -> list[dict]:
    """All documents of a dataset, in order."""
    rows = []
    for shard in sorted((folder / "shards").iterdir()):
        with shard.open("rb") as file:
            data = zstandard.ZstdDecompressor().stream_reader(file).read()
        rows += [json.loads(line) for line in data.split(b"\n") if line]
    return rows


def contents(folder: Path) -> dict[str, str]:
    """sha256 of every file below a folder, records aside (they hold times)."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "record.json"
    }


def decide(step: SweepStep, *batches: Documents, kept: Path | None = None) -> Decision:
    """What a step decides about a pool of these batches, each a file."""
    with tempfile.TemporaryDirectory() as work:
        return step.decide_from(seen_by(step, Path(work), batches, kept=kept))


def seen_by(
    step: SweepStep, folder: Path, batches: Sequence[Documents], kept: Path | None = None, run: Run | None = None
) -> Seen:
    """What a step has to decide about: documents and observations in files of a folder."""
    shards = tuple(folder / f"{number}.arrow" for number in range(len(batches)))
    for path, documents in zip(shards, batches, strict=True):
        observed = step.observe(documents)
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, documents.batch.schema) as writer:
            writer.write_batch(documents.batch)
        with (
            pa.OSFile(str(path.with_suffix(".seen")), "wb") as file,
            pa.ipc.new_stream(file, observed.schema) as writer,
        ):
            writer.write_batch(observed)
    observations = tuple(path.with_suffix(".seen") for path in shards)
    return Seen(shards, observations, folder, kept or folder / "kept", run or partial(run_parallel, workers=1))
