"""From a pool's shards and a subset to the shards to train on, as DataComp's resharder makes them with one worker.

Shards are indexed first (which samples the subset wants, and where their bytes lie), then it is decided what goes into
which new shard, then these are written. So any number of workers makes the same files, in the pool's order; the
reference with several workers leaves to their timing which sample goes where.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from assay.base.files import atomic_write, write_bytes
from assay.base.fingerprint import file_sha256
from assay.base.parallel import run_parallel
from assay.base.progress import log
from assay.curation.engine import run_all
from assay.curation.funnel import add_counts
from assay.pairs.shards import STATS, Member, Sample, find_shards, metadata_of, read_member, read_samples
from assay.pairs.subset import SUBSET, hex_uid, parse_uids, read_subset, times_in, write_subset
from assay.pools.quarantine import BadRow, Reading
from assay.records.artifact import Draft, Identity, build, finished
from assay.records.record import RECORD_NAME, Record, read_record

SHARD_SIZE = 10_000
_MAX_BYTES = 3e9
"""The resharder begins a new shard behind so many bytes, too (webdataset's ShardWriter)."""
MISSING = "missing.npy"
_ROW = pa.schema(
    [
        ("uid", pa.string()),
        ("times", pa.int64()),
        ("extensions", pa.list_(pa.string())),
        ("offsets", pa.list_(pa.int64())),
        ("sizes", pa.list_(pa.int64())),
    ]
)


def reshard(pool: str | Path, subset: str | Path, out: Path, shard_size: int = SHARD_SIZE, workers: int = 1) -> Record:
    """Write the shards of a subset in the folder ``out``; returns its record at once when it is there.

    A uid that the subset has k times is written k times, its members named ``uid-0.jpg`` … ``uid-(k-1).jpg``; members
    of a sample are sorted by extension. Beside the shards lie ``sample_ids.npy`` (the subset), ``meta.json``,
    ``missing.npy`` (the uids that no shard has, if any) and quarantine/.
    """
    words, shards = read_subset(subset), find_shards(pool)
    file = Path(subset) / SUBSET if Path(subset).is_dir() else Path(subset)
    identity = _identity(file, shards, shard_size)
    record = finished(out, identity)
    if record:
        return record
    run = partial(run_parallel, workers=workers)
    with build(out, identity) as draft:
        (draft.folder / "quarantine").mkdir(exist_ok=True)
        indexes = [_Input(draft.folder, shard, file) for shard in shards]
        run_all(run, _index, indexes, "reading the shards")
        outputs = _plan(draft, indexes, shard_size)
        run_all(run, _write, outputs, "writing shards")
        _finish(draft, words, indexes, outputs)
    return read_record(out)


def _identity(subset: Path, shards: list[Path], shard_size: int) -> Identity:
    names = [{"name": shard.name, "bytes": shard.stat().st_size} for shard in shards]
    config = {"shards": names, "subset": file_sha256(str(subset)), "shard_size": shard_size}
    folder = subset.parent
    inputs = {read_record(folder).id: folder} if (folder / RECORD_NAME).exists() else {}
    return Identity("shards", (folder if inputs else subset).stem, config, inputs)


@dataclass(frozen=True)
class _Input:
    """A shard of the pool, and what is kept of it while the new ones are made."""

    draft: Path
    tar: Path
    subset: Path

    @property
    def index(self) -> Path:
        """The samples that the subset wants."""
        return self.draft / "work" / f"{self.tar.stem}.arrow"

    @property
    def counts(self) -> Path:
        """How many there were, and what could not be used."""
        return self.draft / "work" / f"{self.tar.stem}.json"


def _index(shard: _Input) -> None:
    """Find the samples of a shard that the subset wants."""
    if shard.counts.exists():
        return
    bad: list[BadRow] = []
    reading = Reading(bad.append)
    seen = 0
    rows: list[dict[str, Any]] = []
    with open(shard.tar, "rb") as file:
        for sample in read_samples(shard.tar, reading):
            metadata = metadata_of(file, sample)
            if isinstance(metadata, str):
                reading.bad(f"sample {sample.key!r}", metadata, sample.key)
            elif not isinstance(metadata.get("uid"), str):
                reading.bad(f"sample {sample.key!r}", "no uid", sample.key)
            else:
                seen += 1
                rows.append(_row(metadata["uid"], sample))
    wanted = _with_times(rows, shard, reading)
    with atomic_write(shard.index) as file, pa.ipc.new_file(file, _ROW) as writer:
        writer.write_table(pa.Table.from_pylist(wanted, _ROW))
    if bad:
        lines = "".join(json.dumps({"file": shard.tar.name, **asdict(row)}) + "\n" for row in bad)
        write_bytes(shard.draft / "quarantine" / f"{shard.tar.stem}.jsonl", lines.encode())
    reasons = Counter(row.reason for row in bad)
    write_bytes(shard.counts, json.dumps({"samples": seen, "reasons": reasons}).encode())


def _row(uid: str, sample: Sample) -> dict[str, Any]:
    members = [sample.members[extension] for extension in sorted(sample.members)]
    return {
        "uid": uid,
        "extensions": [member.extension for member in members],
        "offsets": [member.offset for member in members],
        "sizes": [member.size for member in members],
    }


def _with_times(rows: list[dict[str, Any]], shard: _Input, reading: Reading) -> list[dict[str, Any]]:
    """The rows whose uid is in the subset, with the number of times."""
    uids = [row["uid"].encode(errors="replace").decode() for row in rows]
    words, valid = parse_uids(pa.array(uids, pa.string()))
    for place in np.flatnonzero(~valid).tolist():
        reading.bad(f"sample {place + 1}", "uid is not 32 hex digits", uids[place])
    times = np.where(valid, times_in(read_subset(shard.subset), words), 0).tolist()
    return [{**row, "times": count} for row, count in zip(rows, times, strict=True) if count]


@dataclass(frozen=True)
class _Output:
    """A new shard: which copies of which samples of which shards."""

    path: Path
    pieces: tuple[tuple[_Input, int, int], ...]
    """Shard, and the range among all copies of its samples."""
    samples: int


def _plan(draft: Draft, inputs: list[_Input], shard_size: int) -> list[_Output]:
    """Fill the new shards one after the other."""
    outputs: list[_Output] = []
    pieces: list[tuple[_Input, int, int]] = []
    count, size = 0, 0.0

    def close() -> None:
        nonlocal count, size
        if pieces:
            path = draft.folder / f"{len(outputs):08d}.tar"
            outputs.append(_Output(path, tuple(pieces), count))
            pieces.clear()
        count, size = 0, 0.0

    for shard in inputs:
        first = 0
        sizes = _copy_sizes(shard)
        for place, bytes_ in enumerate(sizes):
            if count >= shard_size or size >= _MAX_BYTES:
                if place > first:
                    pieces.append((shard, first, place))
                first = place
                close()
            count += 1
            size += bytes_
        if len(sizes) > first:
            pieces.append((shard, first, len(sizes)))
    close()
    return outputs


def _copy_sizes(shard: _Input) -> list[int]:
    """Bytes of every copy of every sample that is wanted."""
    rows = _read_index(shard)
    sizes = [sum(row["sizes"]) for row in rows]
    return np.repeat(np.array(sizes, np.int64), [row["times"] for row in rows]).tolist()


def _read_index(shard: _Input) -> list[dict[str, Any]]:
    with pa.OSFile(str(shard.index)) as source:
        return pa.ipc.open_file(source).read_all().to_pylist()


def _write(output: _Output) -> None:
    """Write a new shard and its statistics, unless they are there."""
    stats = output.path.with_name(output.path.stem + STATS)
    if stats.exists():
        return
    with atomic_write(output.path) as file, tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in _contents(output):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o444
            tar.addfile(entry, io.BytesIO(content))
    write_bytes(stats, json.dumps({"successes": output.samples}).encode())


def _contents(output: _Output) -> Iterator[tuple[str, bytes]]:
    """Name and content of every member."""
    for shard, first, last in output.pieces:
        rows = _read_index(shard)
        copies = [(row, number) for row in rows for number in range(row["times"])][first:last]
        with open(shard.tar, "rb") as file:
            for row, number in copies:
                for extension, offset, size in zip(row["extensions"], row["offsets"], row["sizes"], strict=True):
                    yield f"{row['uid']}-{number}.{extension}", read_member(file, Member(extension, offset, size))


def _finish(draft: Draft, words: np.ndarray, inputs: list[_Input], outputs: list[_Output]) -> None:
    """Write what lies beside the shards, and count."""
    found = [row["uid"] for shard in inputs for row in _read_index(shard)]
    seen = np.unique(parse_uids(pa.array(found, pa.string()))[0], axis=0)
    missing = words[times_in(seen, words) == 0]
    if len(missing):
        write_subset(draft.folder / MISSING, missing)
        log(f"{len(missing)} entries of the subset are in no shard, the first {hex_uid(missing[0])}: see {MISSING}")
    write_subset(draft.folder / "sample_ids.npy", words)
    counts = [json.loads(shard.counts.read_bytes()) for shard in inputs]
    reasons: dict[str, int] = {}
    for count in counts:
        add_counts(reasons, count["reasons"])
    if not reasons:
        (draft.folder / "quarantine").rmdir()
    totals = {
        "processed_count": sum(count["samples"] for count in counts),
        "output_count": sum(output.samples for output in outputs),
        "output_shard_count": len(outputs),
        "output_shard_format": "{:08d}.tar",
        "missing_count": len(missing),
    }
    # open_clip and DataComp read the shards' number and format here, as strings.
    write_bytes(draft.folder / "meta.json", json.dumps({key: str(value) for key, value in totals.items()}).encode())
    draft.metrics |= {**totals, "quarantine_reasons": reasons}
    draft.rows |= {output.path.name: output.samples for output in outputs}
