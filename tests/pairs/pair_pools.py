"""Small pools of image–text pairs, and the golden one."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from hypothesis import settings

many = settings(max_examples=400, deadline=None)
"""For tests against plain Python; the first example may have to wait for the compiler."""


def write_pairs(folder: Path, rows: list[dict], name: str = "00000000", **embeddings: np.ndarray) -> Path:
    """A metadata file with these rows, complete with plausible values, and its embeddings."""
    folder.mkdir(parents=True, exist_ok=True)
    usual = {"url": "http://example.org/a.jpg", "text": "a photo of a dog", "original_width": 640}
    usual |= {"original_height": 480, "clip_b32_similarity_score": 0.3, "clip_l14_similarity_score": 0.3}
    complete = [{"uid": f"{number:032x}", **usual, **row} for number, row in enumerate(rows)]
    table = pa.Table.from_pylist(complete)
    for column in ("clip_b32_similarity_score", "clip_l14_similarity_score"):
        place = table.schema.get_field_index(column)
        table = table.set_column(place, column, table.column(column).cast(pa.float32()))
    pq.write_table(table, folder / f"{name}.parquet")
    if embeddings:
        np.savez(folder / f"{name}.npz", **embeddings)
    return folder


def write_golden(shared: Path, folder: Path, pool: str) -> pa.Table:
    """A pool of the golden table as DataComp has it: one file a shard, with its embeddings; returns its rows."""
    table = pq.read_table(shared / "datacomp_golden.parquet")
    vectors = np.load(shared / "datacomp_golden_embed.npz")["l14_img"]
    rows = table.filter(pc.call_function("equal", [table["pool"], pa.scalar(pool)]))
    folder.mkdir(parents=True)
    for shard in sorted(set(rows["shard"].to_pylist())):
        part = rows.filter(pc.call_function("equal", [rows["shard"], pa.scalar(shard)]))
        pq.write_table(part, folder / f"{shard:08d}.parquet")
        np.savez(folder / f"{shard:08d}.npz", l14_img=vectors[part["embedding_row"].to_numpy()])
    return rows


def write_tar(path: Path, samples: list[tuple[str, dict[str, Any]]]) -> Path:
    """A shard: key, and content by extension; what is no bytes is written as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for key, members in samples:
            for extension, content in members.items():
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                entry = tarfile.TarInfo(f"{key}.{extension}")
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
    return path
