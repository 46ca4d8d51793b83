"""From WARC to filtered shards on one core: documents a CPU second, beside datatrove's chain on the same files.

    python benchmarks/chain.py [--peer-python PATH] FILE.warc.gz ...

Ours is ``curate`` with the catalog's recipe ``heuristics`` and one worker: reading, extraction, filters, funnel,
samples, shards, records. Kernels are compiled before. The peer is what ``datatrove_chain.py`` says; it runs in the
interpreter that is named, where datatrove and its parts are installed, or in this one. Without it only ours is
measured. One run of each on every file, after a run that warms up.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import resiliparse.extract.html2text as html2text
from machine import write_result

from assay.curation.engine import curate
from assay.curation.recipe import load_recipe
from assay.pools.columns import Columns
from assay.pools.pool import describe_pool

PEER = Path(__file__).with_name("datatrove_chain.py")


class Stopwatch:
    """CPU seconds spent inside a function."""

    def __init__(self, function):
        self.function, self.seconds = function, 0.0

    def __call__(self, *arguments, **options):
        started = time.process_time()
        try:
            return self.function(*arguments, **options)
        finally:
            self.seconds += time.process_time() - started


def run_ours(file: str) -> dict[str, Any]:
    """One file through the recipe."""
    pool = describe_pool([file], Columns())
    recipe = load_recipe("heuristics").for_pool(pool)
    extract, html2text.extract_plain_text = html2text.extract_plain_text, Stopwatch(html2text.extract_plain_text)
    started = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        curate(pool, recipe, Path(folder, "out"), workers=1)
        seconds = time.process_time() - started
        funnel = json.loads(Path(folder, "out", "funnel.json").read_text())
    extraction, html2text.extract_plain_text = html2text.extract_plain_text.seconds, extract
    return {
        "documents": funnel["documents_in"],
        "kept": funnel["documents_out"],
        "cpu_seconds": seconds,
        "documents_per_cpu_second": funnel["documents_in"] / seconds,
        "share_of_resiliparse": extraction / seconds,
    }


def run_peer(python: str, files: list[str]) -> dict[str, Any] | None:
    """What the peer's side prints; None when it is not installed."""
    ran = subprocess.run([python, str(PEER), *files], stdout=subprocess.PIPE, text=True, check=False)
    return json.loads(ran.stdout.splitlines()[-1]) if ran.returncode == 0 else None


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="+")
    parser.add_argument("--peer-python", default=sys.executable)
    arguments = parser.parse_args()
    run_ours(arguments.files[0])
    files = {file: {"assay": run_ours(file)} for file in arguments.files}
    peer = run_peer(arguments.peer_python, arguments.files) or {}
    measured = peer.pop("files", {})
    for file, found in files.items() if measured else ():
        found["datatrove"] = measured[file]
        found["times_datatrove"] = {
            name: found["assay"]["documents_per_cpu_second"] / found["datatrove"][f"documents_per_cpu_second{suffix}"]
            for name, suffix in (("whole chain", ""), ("without C4 and FineWeb rules", "_without_c4_and_fineweb"))
        }
    result = {"files": {Path(file).name: found for file, found in files.items()}}
    write_result("chain", result | {"datatrove": peer or "not installed"})


if __name__ == "__main__":
    main()
