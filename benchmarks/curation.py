"""Curation on one core: documents a second, beside a yardstick and beside what DCLM's mappers spend their time on.

    python benchmarks/curation.py [FILE.jsonl ...]

Without files it runs on text of the installed packages. The yardstick is ``len(text.split())`` over the same texts in
the same process; "x yard" is our speed over its. The peer is uniseg's word splitting, which DCLM's repetition filter
calls for every document and in which it spends 96 % of its time: a lower bound of that filter's time. Everything is
CPU time of one process; kernels are compiled before. Medians of five rounds, ours and the others' in turn.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import uniseg
from machine import write_result
from uniseg.wordbreak import words as uniseg_words

from assay.curation.apply import apply
from assay.curation.documents import Documents
from assay.curation.recipe import load_recipe
from assay.pools.columns import Columns
from assay.pools.installed import collect_installed
from assay.pools.pool import describe_pool, pool_columns, pool_files
from assay.pools.reader import read_file
from assay.text.bloom import BloomDedup
from assay.text.c4 import C4Quality
from assay.text.fineweb import FinewebQuality
from assay.text.gopher import GopherQuality
from assay.text.gopher_repetition import GopherRepetition

DOCUMENTS = 2000
PEER_DOCUMENTS = 40
ROUNDS = 5


def read_documents(files: list[str], folder: Path) -> pa.RecordBatch:
    """The first documents of the files, or of the installed text."""
    if files:
        pool, base = describe_pool(files, Columns()), None
    else:
        pool, base = collect_installed(folder / "pool", megabytes=20), folder / "pool"
    table = pa.Table.from_batches(_batches(pool, base))
    return table.slice(0, DOCUMENTS).combine_chunks().to_batches()[0]


def _batches(pool, base) -> Iterator[pa.RecordBatch]:
    for file in pool_files(pool, base):
        yield from read_file(file, pool_columns(pool), lambda bad: None)


def cpu_seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


WITHOUT = ("url_substring_filter=off", "detect_lang_whole_page_enricher=off", "language_filter=off")
"""What needs data of others: lists, and a language model."""


def run_recipe(batch: pa.RecordBatch, name: str, *overrides: str) -> int:
    """The steps of a recipe, each on what the one before it left."""
    documents = Documents(batch)
    for _, step in load_recipe(name, overrides).steps:
        documents = apply(step, documents).documents
    return len(documents)


def run_repetition(batch: pa.RecordBatch) -> int:
    recipe = dict(load_recipe("heuristics").steps)
    return len(apply(recipe["massive_web_repetition_filters"], Documents(batch)).documents)


def run_bloom(batch: pa.RecordBatch) -> int:
    """Count the n-grams, make the filter, sweep."""
    step, documents = BloomDedup(), Documents(batch)
    state = step.begin(pa.Table.from_batches([step.observe(documents)]))
    return int((step.sweep(documents, state).codes < 0).sum())


def measure_all(batch: pa.RecordBatch) -> None:
    """What the rules of Gopher, C4 and FineWeb measure, on every document; words of str.split()."""
    documents = Documents(batch)
    steps = [
        GopherQuality(dialect="paper"),
        GopherRepetition(dialect="paper"),
        FinewebQuality(words="split"),
    ]
    for step in steps:
        for rule in step.rules():
            documents.derived(rule.measure)
    apply(C4Quality(dialect="c4", sentences="split"), documents)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        batch = read_documents(sys.argv[1:], Path(folder))
    texts = batch.column("text").to_pylist()
    few = texts[:PEER_DOCUMENTS]
    work = {
        "yardstick": lambda: [len(text.split()) for text in texts],
        "heuristics": lambda: run_recipe(batch, "heuristics"),
        "repetition filters, every document": lambda: run_repetition(batch),
        "dclm-baseline-heuristics without lists and language": lambda: run_recipe(
            batch, "dclm-baseline-heuristics", *WITHOUT
        ),
        "statistics of Gopher, C4 and FineWeb": lambda: measure_all(batch),
        "bloom_dedup": lambda: run_bloom(batch),
        "uniseg words (peer)": lambda: [list(uniseg_words(text)) for text in few],
    }
    for function in work.values():
        function()  # compile, and warm the caches
    rounds = [{name: cpu_seconds(function) for name, function in work.items()} for _ in range(ROUNDS)]
    seconds = {name: statistics.median(times[name] for times in rounds) for name in work}
    size, few_size = (sum(len(text.encode()) for text in part) for part in (texts, few))
    speed = {name: (few_size if "peer" in name else size) / 1e6 / taken for name, taken in seconds.items()}
    write_result(
        "curation",
        {
            "documents": len(texts),
            "megabytes": size / 1e6,
            "megabytes_per_cpu_second": speed,
            "documents_per_cpu_second": {name: len(texts) / seconds[name] for name in work if "peer" not in name},
            "times_yardstick": {name: value / speed["yardstick"] for name, value in speed.items()},
            "repetition filters / uniseg words": speed["repetition filters, every document"]
            / speed["uniseg words (peer)"],
            "ngrams_of_bloom_dedup_per_byte": pc.sum(BloomDedup().observe(Documents(batch))["ngrams"]).as_py() / size,
            "kept_by_heuristics": run_recipe(batch, "heuristics"),
            "peer": f"uniseg {uniseg.__version__ if hasattr(uniseg, '__version__') else ''}".strip(),
        },
    )


if __name__ == "__main__":
    main()
