"""Curation on one core: documents a second beside a yardstick, and beside the peers on the same documents.

    python benchmarks/curation.py [FILE.jsonl ...] [--documents N] [--peer NAME=PYTHON ...] [--dclm CHECKOUT]

Without files it runs on text of the installed packages; of several files it takes an equal part of each. The yardstick
is ``len(text.split())`` over the same texts in the same process; "x yard" is our speed over its. Everything is CPU time
of one process; kernels are compiled before. Ours are medians of five rounds, in turn with the yardstick.

The peers are datatrove, dolma, curator (NeMo Curator), dclm, and uniseg, in which DCLM's repetition filter spends 96 %
of its time. What to install for each, its ``*_side.py`` says. They want other versions of packages than we do, so each
can have an interpreter of its own; one that is not named is looked for beside us. Besides the speed, the result says on
how many documents each peer and each of our dialects decide the same, and on which its own dialect does not.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from machine import write_result
from peers import PEERS, run_peers

from assay.curation.apply import apply
from assay.curation.documents import Documents
from assay.curation.recipe import load_recipe
from assay.pools.columns import Columns
from assay.pools.installed import collect_installed
from assay.pools.pool import describe_pool, pool_columns, pool_files
from assay.pools.reader import read_file
from assay.records.record import Record
from assay.text.bloom import BloomDedup
from assay.text.c4 import C4Quality
from assay.text.fineweb import FinewebQuality
from assay.text.gopher import GopherQuality
from assay.text.gopher_repetition import GopherRepetition

DOCUMENTS = 2000
ROUNDS = 5


def read_documents(files: list[str], count: int, folder: Path) -> pa.RecordBatch:
    """An equal part of each file, its first documents; or the first of the installed text."""
    if files:
        parts = [_first(describe_pool([file], Columns()), None, count // len(files)) for file in files]
    else:
        parts = [_first(collect_installed(folder / "pool", megabytes=20), folder / "pool", count)]
    return pa.concat_tables(parts).combine_chunks().to_batches()[0]


def _first(pool: Record, base: Path | None, count: int) -> pa.Table:
    columns = pool_columns(pool)
    batches = (batch for file in pool_files(pool, base) for batch in read_file(file, columns, lambda bad: None))
    return pa.Table.from_batches(batches).slice(0, count)


def cpu_seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


WITHOUT = ("url_substring_filter=off", "detect_lang_whole_page_enricher=off", "language_filter=off")
"""What needs data of others: lists, and a language model."""
REPETITION = "repetition filters, every document"
STATISTICS = "statistics of Gopher, C4 and FineWeb"


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


def measure(batch: pa.RecordBatch) -> dict[str, float]:
    """CPU seconds of everything that is ours, and of the yardstick."""
    texts = batch.column("text").to_pylist()
    work: dict[str, Callable[[], object]] = {
        "yardstick": lambda: [len(text.split()) for text in texts],
        "heuristics": lambda: run_recipe(batch, "heuristics"),
        REPETITION: lambda: run_repetition(batch),
        "dclm-baseline-heuristics without lists and language": lambda: run_recipe(
            batch, "dclm-baseline-heuristics", *WITHOUT
        ),
        STATISTICS: lambda: measure_all(batch),
        "bloom_dedup": lambda: run_bloom(batch),
    }
    for function in work.values():
        function()  # compile, and warm the caches
    rounds = [{name: cpu_seconds(function) for name, function in work.items()} for _ in range(ROUNDS)]
    return {name: statistics.median(times[name] for times in rounds) for name in work}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="*")
    parser.add_argument("--documents", type=int, default=DOCUMENTS)
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PYTHON", help=", ".join(PEERS))
    parser.add_argument("--dclm", metavar="CHECKOUT")
    arguments = parser.parse_args()
    arguments.pythons = dict(each.split("=", 1) for each in arguments.peer)
    if unknown := arguments.pythons.keys() - PEERS.keys():
        parser.error(f"--peer: {', '.join(unknown)} is none of {', '.join(PEERS)}")
    return arguments


def main() -> None:
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory() as folder:
        batch = read_documents(arguments.files, arguments.documents, Path(folder))
        seconds = measure(batch)
        ours = (seconds["yardstick"], seconds[STATISTICS])
        beside = run_peers(batch, Path(folder), arguments.pythons, arguments.dclm, ours)
    size = pc.call_function("sum", [pc.call_function("binary_length", [batch.column("text")])]).as_py()
    speed = {name: size / 1e6 / taken for name, taken in seconds.items()}
    if "uniseg" in beside["peers"]:
        uniseg = beside["peers"]["uniseg"]["megabytes_per_cpu_second"]
        beside["repetition filters / uniseg words"] = speed[REPETITION] / uniseg
    ngrams = pc.call_function("sum", [BloomDedup().observe(Documents(batch))["ngrams"]]).as_py()
    write_result(
        "curation-with-peers" if arguments.peer or arguments.dclm else "curation",
        {
            "documents": len(batch),
            "megabytes": size / 1e6,
            "megabytes_per_cpu_second": speed,
            "documents_per_cpu_second": {name: len(batch) / taken for name, taken in seconds.items()},
            "times_yardstick": {name: seconds["yardstick"] / taken for name, taken in seconds.items()},
            "ngrams_of_bloom_dedup_per_byte": ngrams / size,
            "kept_by_heuristics": run_recipe(batch, "heuristics"),
            **beside,
        },
    )


if __name__ == "__main__":
    main()
