"""Where the pairs of a pool lie in its shards, so that a model can be trained on a subset without writing it anew."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from assay.base.errors import InputError
from assay.base.files import atomic_write, write_bytes
from assay.base.parallel import run_parallel
from assay.base.progress import log
from assay.pairs.shards import Sample, find_shards, metadata_of, read_samples
from assay.pairs.subset import parse_uids, read_subset, times_in
from assay.pools.quarantine import BadRow, Reading

PAIR = np.dtype(
    [
        ("shard", "<i4"),
        ("high", "<u8"),
        ("low", "<u8"),
        ("image", "<i8", 2),
        ("caption", "<i8", 2),
        ("metadata", "<i8", 2),
    ]
)
"""A pair: its shard, its uid, and where image, caption and JSON begin there and how long they are."""
_PAIRS, _SHARDS = "pairs.npy", "shards.json"


@dataclass(frozen=True)
class Index:
    """The pairs of a pool that are trained on, in the pool's order."""

    pairs: np.ndarray
    """PAIR (n,), mapped into memory."""
    shards: list[str]

    def __len__(self) -> int:
        return len(self.pairs)


def write_index(pool: str | Path, subset: str | Path | None, folder: Path, workers: int = 1) -> dict[str, int]:
    """Index a pool's shards, or the part of them in a subset, in ``folder``; returns what could not be used, by reason.

    A uid that the subset has k times is there k times. A sample needs an image and a caption (``txt``); its uid comes
    from its JSON, or where there is none, is its place. InputError when nothing is left.
    """
    shards = find_shards(pool)
    run = partial(_index_shard, subset=None if subset is None else str(subset))
    parts: list[np.ndarray] = [np.empty(0, PAIR)] * len(shards)
    reasons: Counter[str] = Counter()
    for number, (pairs, bad) in run_parallel(run, shards, workers):
        pairs["shard"] = number
        parts[number] = pairs
        reasons.update(bad)
    pairs = np.concatenate(parts)
    if not len(pairs):
        raise InputError("no pair of the subset is in the shards", where=pool, hint="is it a subset of this pool?")
    if reasons:
        log(f"{pool}: " + ", ".join(f"{count} × {reason}" for reason, count in sorted(reasons.items())))
    folder.mkdir(parents=True, exist_ok=True)
    write_bytes(folder / _SHARDS, json.dumps([str(shard.absolute()) for shard in shards]).encode())
    with atomic_write(folder / _PAIRS) as file:
        np.save(file, pairs, allow_pickle=False)
    return dict(reasons)


def read_index(folder: str | Path) -> Index:
    """An index that was written. InputError when there is none."""
    try:
        pairs = np.load(Path(folder) / _PAIRS, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError as error:
        raise InputError("holds no index of pairs", where=folder) from error
    return Index(pairs, json.loads((Path(folder) / _SHARDS).read_bytes()))


def _index_shard(tar: Path, subset: str | None) -> tuple[np.ndarray, Counter[str]]:
    bad: list[BadRow] = []
    reading = Reading(bad.append)
    rows, uids = [], []
    with open(tar, "rb") as file:
        for number, sample in enumerate(read_samples(tar, reading)):
            row = _row(sample)
            if isinstance(row, str):
                reading.bad(sample.key, row)
                continue
            metadata = metadata_of(file, sample) if "json" in sample.members else {}
            uid = metadata.get("uid") if isinstance(metadata, dict) else None
            uids.append(uid if isinstance(uid, str) else f"{number:032x}")
            rows.append(row)
    words, valid = parse_uids(pa.array([uid.encode(errors="replace").decode() for uid in uids], pa.string()))
    times = np.ones(len(rows), np.int64) if subset is None else times_in(read_subset(subset), words)
    for _ in np.flatnonzero(~valid):
        reading.bad("sample", "uid is not 32 hex digits")
    pairs = np.array(rows, PAIR)
    pairs["high"], pairs["low"] = words[:, 0], words[:, 1]
    return np.repeat(pairs, np.where(valid, times, 0)), Counter(row.reason for row in bad)


def _row(sample: Sample) -> tuple | str:
    """The pair of a sample, or what is missing."""
    image, caption, metadata = sample.image(), sample.members.get("txt"), sample.members.get("json")
    if image is None or caption is None:
        return "a sample without image or caption"
    places = [(0, 0) if part is None else (part.offset, part.size) for part in (image, caption, metadata)]
    return (0, 0, 0, *places)
