"""What a deduplicator takes for a pool of generated documents: memory, disk and CPU seconds.

    python benchmarks/deduplication_memory.py STEP [--documents N] [--words N]

Documents are of words drawn from 100,000; one in ten repeats an earlier one of its file with a few words changed. They
are written to disk file by file, observed, and decided about in one process, as the engine does it with one worker. The
memory is the most that the process ever had, less what it had before.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from machine import write_result

from assay.base.parallel import run_parallel
from assay.base.registry import look_up
from assay.curation.documents import Documents
from assay.curation.seen import Seen

VOCABULARY = np.array([f"word{number}" for number in range(100_000)], dtype=object)
FILE = 20_000


def main() -> None:
    """Make the pool, and run the step over it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step")
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--words", type=int, default=100)
    given = parser.parse_args()
    step = look_up("steps", given.step)()
    step.observe(documents_of(0, 10, given.words))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size, seconds = 0, 0.0
        shards = []
        for number in range(-(-given.documents // FILE)):
            documents = documents_of(number, min(FILE, given.documents - number * FILE), given.words)
            size += documents.text.nbytes
            start = time.process_time()
            shards.append(write(folder / f"{number:05d}", documents, step.observe(documents)))
            seconds += time.process_time() - start
        texts, observed = zip(*shards, strict=True)
        seen = Seen(texts, observed, folder, folder / "kept", partial(run_parallel, workers=1))
        start = time.process_time()
        decision = step.decide_from(seen)
        deciding = time.process_time() - start
        disk = sum(path.stat().st_size for path in folder.iterdir() if path not in texts)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    result = {
        "documents": given.documents,
        "text_bytes": size,
        "observing_seconds": round(seconds, 1),
        "deciding_seconds": round(deciding, 1),
        "memory_megabytes": used // 1024,
        "scratch_megabytes": disk >> 20,
        "dropped": int((decision.codes >= 0).sum()),
        "notes": decision.notes,
    }
    write_result(f"deduplication-memory-{given.step}", result)


def documents_of(number: int, count: int, words: int) -> Documents:
    """The documents of one file."""
    generator = np.random.default_rng(number)
    texts = [" ".join(each) for each in drawn(generator, count, words)]
    ids = pa.array([f"{number}-{row}" for row in range(count)])
    return Documents(pa.RecordBatch.from_pydict({"id": ids, "text": pa.array(texts, pa.large_string())}))


def drawn(generator: np.random.Generator, count: int, words: int) -> Iterator[np.ndarray]:
    """The words of each document."""
    all_words = generator.integers(0, len(VOCABULARY), (count, words))
    for row in range(10, count, 10):
        all_words[row] = all_words[generator.integers(0, row)]
        all_words[row, generator.integers(0, words, 2)] = generator.integers(0, len(VOCABULARY), 2)
    yield from VOCABULARY[all_words]


def write(name: Path, documents: Documents, observed: pa.RecordBatch) -> tuple[Path, Path]:
    """The documents of a file, and what was observed of them."""
    paths = name.with_suffix(".arrow"), name.with_suffix(".seen")
    with pa.OSFile(str(paths[0]), "wb") as file, pa.ipc.new_file(file, documents.batch.schema) as writer:
        writer.write_batch(documents.batch)
    with pa.OSFile(str(paths[1]), "wb") as file, pa.ipc.new_stream(file, observed.schema) as writer:
        writer.write_batch(observed)
    return paths


if __name__ == "__main__":
    main()
