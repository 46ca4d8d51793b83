"""Deduplication on one core: documents and megabytes a second beside a yardstick, and beside peers.

    python benchmarks/deduplication.py FILE.jsonl [--documents N] [--recall]

The yardstick is ``len(text.split())`` over the same texts in the same process; "x yard" is our speed over its.
Everything is CPU time of one process, the best of three rounds; kernels are compiled before. Ours are timed as a whole:
what is observed, written to disk and read again, found, compared and decided, from documents that lie on disk.

Peers are datasketch and rensa, where they are installed: 112 permutations of 5-gram shingles of whitespace words, 14
bands of 8, and a union of what shares a bucket; they verify nothing.

``--recall`` plants pairs of known similarity and says how many are found.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from machine import write_result

from assay.base.parallel import run_parallel
from assay.curation.documents import Documents
from assay.curation.seen import Seen
from assay.curation.step import Decision, SweepStep
from assay.pools.columns import Columns
from assay.pools.pool import describe_pool, pool_columns, pool_files
from assay.pools.reader import read_file
from assay.text.bloom import BloomDedup
from assay.text.dedup import ExactDedup
from assay.text.minhash import MinhashDedup
from assay.text.substring_dedup import SubstringDedup

ROUNDS = 3
NGRAM, BANDS, ROWS = 5, 14, 8
STEPS: dict[str, SweepStep] = {
    "exact": ExactDedup(),
    "bloom 13-grams, old-both": BloomDedup(order="pool"),
    "minhash 14 x 8": MinhashDedup(bands=BANDS, rows=ROWS),
    "minhash 93 x 15": MinhashDedup(),
    "substrings of 200 bytes": SubstringDedup(),
}


def main() -> None:
    """Measure ours and the peers on the same documents."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--documents", type=int, default=4000)
    parser.add_argument("--recall", action="store_true")
    given = parser.parse_args()
    documents = read_documents(given.file, given.documents)
    texts = documents.texts()
    size = sum(len(text.encode()) for text in texts)
    yard = best(lambda: sum(len(text.split()) for text in texts))
    rows = {}
    for name, step in STEPS.items():
        with on_disk(documents) as path:
            seconds = best(lambda step=step, path=path: decide(step, documents, path))
        rows[name] = rates(seconds, len(texts), size, yard)
    for peer, function in PEERS.items():
        if find_spec(peer):
            few = texts[:1000]
            seconds = best(lambda function=function, few=few: function(few), rounds=1)
            rows[peer] = rates(seconds, len(few), sum(len(text.encode()) for text in few), yard * len(few) / len(texts))
    ours = rows["minhash 14 x 8"]["documents_per_second"]
    ratios = {peer: round(ours / rows[peer]["documents_per_second"], 1) for peer in PEERS if peer in rows}
    result: dict[str, Any] = {"documents": len(texts), "bytes": size, "rates": rows, "minhash_over": ratios}
    if given.recall:
        result["recall"] = recall()
    write_result("deduplication", result)


def read_documents(file: str, count: int) -> Documents:
    """The first documents of a file."""
    pool = describe_pool([file], Columns())
    batches = [
        batch for part in pool_files(pool, None) for batch in read_file(part, pool_columns(pool), lambda bad: None)
    ]
    return Documents(pa.Table.from_batches(batches).slice(0, count).combine_chunks().to_batches()[0])


def best(work: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """The least CPU seconds of some rounds, after one that compiles."""
    if rounds > 1:
        work()
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


def rates(seconds: float, count: int, size: int, yard: float) -> dict[str, float]:
    """Speeds of one tool."""
    return {
        "documents_per_second": round(count / seconds),
        "megabytes_per_second": round(size / seconds / 1e6, 2),
        "x_yard": round(yard / seconds, 4),
    }


@contextmanager
def on_disk(documents: Documents) -> Iterator[Path]:
    """The documents in a file, as a phase of the engine leaves them."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "documents.arrow"
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, documents.batch.schema) as writer:
            writer.write_batch(documents.batch)
        yield path


def decide(step: SweepStep, documents: Documents, path: Path) -> Decision:
    """A step over one file, through the disk as the engine does it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        observed = step.observe(documents)
        with pa.OSFile(f"{name}/seen", "wb") as file, pa.ipc.new_stream(file, observed.schema) as writer:
            writer.write_batch(observed)
        run = partial(run_parallel, workers=1)
        return step.decide_from(Seen((path,), (folder / "seen",), folder, folder / "kept", run))


def with_datasketch(texts: list[str]) -> int:
    """datasketch's MinHash in batches, bands in dicts."""
    from datasketch import MinHash

    signatures = [MinHash(num_perm=BANDS * ROWS) for _ in texts]
    for signature, text in zip(signatures, texts, strict=True):
        signature.update_batch([shingle.encode() for shingle in shingles(text)])
    return kept([tuple(signature.hashvalues) for signature in signatures])


def with_rensa(texts: list[str]) -> int:
    """rensa's faster class, bands in dicts."""
    from rensa import RMinHash

    signatures = []
    for text in texts:
        signature = RMinHash(BANDS * ROWS, 1)
        signature.update(shingles(text))
        signatures.append(tuple(signature.digest()))
    return kept(signatures)


PEERS = {"datasketch": with_datasketch, "rensa": with_rensa}


def shingles(text: str) -> list[str]:
    """Windows of whitespace words."""
    words = text.split()
    return [" ".join(words[i : i + NGRAM]) for i in range(max(len(words) - NGRAM + 1, 1))]


def kept(signatures: list[tuple]) -> int:
    """How many groups there are of documents that share a band."""
    parents = list(range(len(signatures)))

    def root(i: int) -> int:
        while parents[i] != i:
            parents[i] = parents[parents[i]]
            i = parents[i]
        return i

    for band in range(BANDS):
        first: dict[tuple, int] = {}
        for i, signature in enumerate(signatures):
            other = first.setdefault(signature[band * ROWS : (band + 1) * ROWS], i)
            parents[max(root(i), root(other))] = min(root(i), root(other))
    return sum(root(i) == i for i in range(len(signatures)))


def recall(pairs: int = 400, words: int = 300) -> list[dict[str, float]]:
    """Of pairs of documents of about each similarity: what share is found, and what share is expected."""
    table = []
    for similarity in (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95):
        texts, exact = planted(similarity, pairs, words)
        ids = pa.array([str(i) for i in range(len(texts))])
        documents = Documents(pa.RecordBatch.from_pydict({"id": ids, "text": pa.array(texts, pa.large_string())}))
        for step in (MinhashDedup(threshold=0.01), MinhashDedup(threshold=0.01, bands=BANDS, rows=ROWS)):
            with on_disk(documents) as path:
                found = decide(step, documents, path).twins
            right = [] if found is None else [row["row"] // 2 == row["twin"] // 2 for row in found.to_pylist()]
            chance = np.mean([1 - (1 - value**step.rows) ** step.bands for value in exact])
            table.append(
                {
                    "bands": step.bands,
                    "rows": step.rows,
                    "jaccard": round(float(np.mean(exact)), 3),
                    "found": round(sum(right) / pairs, 3),
                    "expected": round(float(chance), 3),
                    "wrong": len(right) - sum(right),
                }
            )
    return table


def planted(similarity: float, pairs: int, words: int) -> tuple[list[str], list[float]]:
    """Pairs of texts, the second with words of the first replaced, and the similarity of each."""
    generator = np.random.default_rng(1)
    texts, exact = [], []
    for _ in range(pairs):
        original = [f"w{number}" for number in generator.integers(0, 50_000, words)]
        copy = list(original)
        changes = round(words * (1 - 2 * similarity / (1 + similarity)) / NGRAM)
        for place in generator.choice(np.arange(NGRAM, words - NGRAM, NGRAM), changes, replace=False):
            copy[place] = f"x{generator.integers(0, 50_000)}"
        texts += [" ".join(original), " ".join(copy)]
        first, second = set(shingles(texts[-2])), set(shingles(texts[-1]))
        exact.append(len(first & second) / len(first | second))
    return texts, exact


if __name__ == "__main__":
    main()
