"""Filters over the metadata of image–text pairs: rows a minute of one core, beside DataComp's functions.

    python benchmarks/pairs.py [--rows N] [--reference-rows N] [--embeddings N] [--clusters K] [--iterations I]

The metadata are made up: DataComp's columns, captions of words of this text, random sizes and scores. Everything is CPU
time of one process, kernels are compiled before. ``basic and score`` is the caption's length, the image's size and a
CLIP threshold, from the Parquet files to the subset file; ``basic`` is DataComp's basic filter, with the language of
captions, which is also measured alone. The reference is what DataComp's baselines.py does to each row (its columns as
Python values, its rules one by one, fastText's own predict, its uids by int()), on the first rows. ``clusters`` is the
image-based filter: k-means, and the nearest centroid of every image.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import fasttext
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from machine import write_result

from assay.base.errors import InputError
from assay.curation.documents import Documents
from assay.curation.recipe import Recipe, load_recipe, parse_recipe
from assay.pairs.clusters import k_means, nearest_centroids
from assay.pairs.curate import curate_pairs
from assay.pairs.pool import describe_pairs
from assay.pairs.subset import UID, read_subset
from assay.scorers.caption_language import CaptionLanguage
from assay.scorers.language import find_model

ROWS_A_FILE = 500_000
B32, L14 = "clip_b32_similarity_score", "clip_l14_similarity_score"
STEPS = {
    "basic and score": ["caption_length_filter", "image_size_filter", {"clip_score_filter": {"threshold": 0.24}}],
    "clip-score-l14-30": [{"clip_score_top_fraction": {"fraction": 0.3}}],
}
LANGUAGE_ROWS = 100_000


def write_metadata(folder: Path, number: int, rows: int) -> None:
    """A file of DataComp's metadata."""
    draw = np.random.default_rng(number)
    words = np.array((__doc__ or "").split())
    captions = pa.array([" ".join(draw.choice(words, draw.integers(1, 16))) for _ in range(20_000)])
    digits = draw.bytes(16 * rows).hex()
    columns = {
        "uid": pa.array([digits[32 * row : 32 * row + 32] for row in range(rows)]),
        "url": pa.array([f"https://images.example.org/2019/07/some-image-name-{row}.jpg" for row in range(rows)]),
        "text": captions.take(pa.array(draw.integers(0, len(captions), rows))),
        "original_width": draw.integers(50, 2000, rows),
        "original_height": draw.integers(50, 2000, rows),
        B32: draw.normal(0.22, 0.06, rows).astype(np.float32),
        L14: draw.normal(0.20, 0.06, rows).astype(np.float32),
        "face_bboxes": pa.array([[] for _ in range(rows)], pa.list_(pa.list_(pa.float64()))),
        "sha256": pa.array([digits[row : row + 64] for row in range(rows)]),
    }
    pq.write_table(pa.table(columns), folder / f"{number:08d}.parquet")


def reference(files: list[Path], rows: int) -> np.ndarray:
    """The basic rules without the language, and a CLIP threshold, as DataComp's baselines.py has them."""
    kept: list[str] = []
    for file in files:
        columns = ["uid", "text", "original_width", "original_height", L14]
        table = pq.read_table(file, columns=columns).slice(0, rows).to_pydict()
        for uid, text, width, height, score in zip(*(table[name] for name in columns), strict=True):
            shorter, longer = min(width, height), max(width, height)
            lengths = len(text.split()) > 2 and len(text) > 5
            if lengths and shorter >= 200 and longer / shorter <= 3.0 and np.float32(score) >= np.float32(0.24):
                kept.append(uid)
    found = np.array([(int(uid[:16], 16), int(uid[16:32], 16)) for uid in kept], UID)
    found.sort()
    return found


def reference_basic(file: Path, rows: int) -> np.ndarray | None:
    """The basic filter with the language, as DataComp's baselines.py has it; None without a model."""
    try:
        model = fasttext.load_model(str(find_model()))
    except InputError:
        return None
    table = pq.read_table(file, columns=["uid", "text", "original_width", "original_height"]).slice(0, rows).to_pydict()
    kept = []
    for uid, text, width, height in zip(*table.values(), strict=True):
        english = model.predict(text.replace("\n", " "))[0][0].split("__label__")[1] == "en"
        shorter, longer = min(width, height), max(width, height)
        if english and len(text.split()) > 2 and len(text) > 5 and shorter >= 200 and longer / shorter <= 3.0:
            kept.append(uid)
    found = np.array([(int(uid[:16], 16), int(uid[16:32], 16)) for uid in kept], UID)
    found.sort()
    return found


def recipe_of(name: str) -> Recipe:
    if name == "basic":
        return load_recipe(name)
    return parse_recipe({"name": name, "track": "image-text", "steps": STEPS[name]}, name, Path())


def cpu_seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def peak_megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000


def measure_recipe(name: str, pool: Path, out: Path, rows: int) -> dict[str, float]:
    recipe = recipe_of(name)
    record = describe_pairs([str(pool)], recipe)
    seconds = cpu_seconds(lambda: curate_pairs(record, recipe, out))
    return {
        "cpu_seconds": seconds,
        "million_rows_a_minute": rows / seconds * 60 / 1e6,
        "kept": len(read_subset(out)),
        "peak_megabytes": peak_megabytes(),
    }


def measure_basic(small: Path, folder: Path, rows: int) -> dict[str, float | bool] | None:
    """Million rows a minute of DataComp's basic filter, ours and the reference; None without a model."""
    plain: list[np.ndarray | None] = []
    (file,) = small.glob("*.parquet")
    theirs = cpu_seconds(lambda: plain.append(reference_basic(file, rows)))
    if plain[0] is None:
        return None
    measure_recipe("basic", small, folder / "warm-basic", rows)
    ours = measure_recipe("basic", small, folder / "basic", rows)["million_rows_a_minute"]
    same = np.array_equal(plain[0].view(np.uint64).reshape(-1, 2), read_subset(folder / "basic"))
    speed = rows / theirs * 60 / 1e6
    return {"ours": ours, "reference": speed, "ratio": ours / speed, "same_subset": same}


def measure_language(file: Path) -> float | None:
    """Million captions a minute; None without a model."""
    texts = pq.read_table(file, columns=["text"])["text"].slice(0, LANGUAGE_ROWS).cast(pa.large_string())
    batch = pa.RecordBatch.from_pydict({"id": pa.array([""] * len(texts)), "text": texts.combine_chunks()})
    step = CaptionLanguage()
    try:
        step.score(Documents(batch.slice(0, 10)))
    except InputError:
        return None
    return len(batch) / cpu_seconds(lambda: step.score(Documents(batch))) * 60 / 1e6


def measure_clusters(count: int, clusters: int, iterations: int) -> dict[str, float]:
    draw = np.random.default_rng(0)
    vectors = draw.standard_normal((count, 512), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    training = cpu_seconds(lambda: k_means(vectors, clusters, iterations, 0))
    centroids = vectors[:clusters]
    assigning = cpu_seconds(lambda: nearest_centroids(vectors, centroids))
    sizes = {"images": count, "dimensions": 512, "clusters": clusters, "iterations": iterations}
    return {**sizes, "cpu_seconds_training": training, "cpu_seconds_assigning": assigning}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--reference-rows", type=int, default=200_000)
    parser.add_argument("--embeddings", type=int, default=0)
    parser.add_argument("--clusters", type=int, default=1000)
    parser.add_argument("--iterations", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pool, small = folder / "pool", folder / "small"
        pool.mkdir()
        small.mkdir()
        files = -(-arguments.rows // ROWS_A_FILE)
        for number in range(files):
            write_metadata(pool, number, arguments.rows // files)
        first = pool / "00000000.parquet"
        pq.write_table(pq.read_table(first).slice(0, arguments.reference_rows), small / first.name)
        measure_recipe("basic and score", small, folder / "warm", arguments.reference_rows)
        ours = {key: measure_recipe(key, pool, folder / key, arguments.rows // files * files) for key in STEPS}
        plain: list[np.ndarray] = []
        seconds = cpu_seconds(lambda: plain.append(reference([small / first.name], arguments.reference_rows)))
        same = np.array_equal(plain[0].view(np.uint64).reshape(-1, 2), read_subset(folder / "warm"))
        speed = len(pq.read_table(small / first.name)) / seconds * 60 / 1e6
        whole = measure_basic(small, folder, len(pq.read_table(small / first.name)))
        result = {
            "rows": arguments.rows // files * files,
            "ours": ours,
            "reference": {"million_rows_a_minute": speed, "same_subset": same},
            "ratio": ours["basic and score"]["million_rows_a_minute"] / speed,
            "basic": whole,
            "million_captions_a_minute_language": measure_language(first),
        }
        if arguments.embeddings:
            result["clusters"] = measure_clusters(arguments.embeddings, arguments.clusters, arguments.iterations)
        write_result("pairs", result)


if __name__ == "__main__":
    main()
