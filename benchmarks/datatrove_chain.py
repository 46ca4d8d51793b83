"""The peer's side of ``chain.py``: datatrove's FineWeb chain, in one process. Imports nothing of assay.

    pip install 'datatrove[io,processing]' spacy lxml_html_clean
    python datatrove_chain.py FILE.warc.gz ...

Its own steps with the settings of its FineWeb example, in its order: WARC reader, Trafilatura, Gopher repetition,
Gopher quality, C4 quality, FineWeb quality, JSONL writer. Three things differ: the URL filter and the language filter,
which fetch lists and a model over the network, are left out, as they are on our side; Trafilatura is called in this
process, because the process that guards it dies at its first page with lxml 6 and the run then hangs; and imports and
the loading of its tokenizer are not counted. The last two are in its favour.
"""

from __future__ import annotations

import json
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

PARTS = ("datatrove", "trafilatura", "spacy", "warcio", "lxml")


def pipeline(file: Path, folder: str) -> list:
    from datatrove.pipeline.extractors import Trafilatura
    from datatrove.pipeline.filters import (
        C4QualityFilter,
        FineWebQualityFilter,
        GopherQualityFilter,
        GopherRepetitionFilter,
    )
    from datatrove.pipeline.readers import WarcReader
    from datatrove.pipeline.writers.jsonl import JsonlWriter

    class DirectTrafilatura(Trafilatura):
        """Without the guarding process and its limit of time; pages that fail or give no text are dropped, as there."""

        def run(self, data, rank: int = 0, world_size: int = 1) -> Iterator:
            for document in data:
                with self.track_time():
                    try:
                        document.text = self.extract(document.text)
                    except Exception:
                        document.text = None
                if document.text:
                    yield document

    return [
        WarcReader(str(file.parent), glob_pattern=file.name, default_metadata={"dump": "benchmark"}),
        DirectTrafilatura(favour_precision=True),
        GopherRepetitionFilter(),
        GopherQualityFilter(),
        C4QualityFilter(filter_no_terminal_punct=False),
        FineWebQualityFilter(),
        JsonlWriter(folder),
    ]


def run(file: str) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        steps = pipeline(Path(file), folder)
        started = time.process_time()
        data = None
        for step in steps:
            data = step.run(data)
        kept = sum(1 for _ in data)
        seconds = time.process_time() - started
    documents = steps[0].stats.stats["documents"].total
    taken = {step.name: step.stats.time_stats.total for step in steps}  # by the clock on the wall: shares only
    shares = {name: time_ / sum(taken.values()) for name, time_ in taken.items()}
    short = seconds * (1 - shares[steps[4].name] - shares[steps[5].name])
    return {
        "documents": documents,
        "kept": kept,
        "cpu_seconds": seconds,
        "shares_of_steps": shares,
        "documents_per_cpu_second": documents / seconds,
        "documents_per_cpu_second_without_c4_and_fineweb": documents / short,
    }


def main() -> None:
    from datatrove.utils.word_tokenizers import load_word_tokenizer

    load_word_tokenizer("en").word_tokenize("Loads what it needs. Twice.")
    versions = {"python": platform.python_version(), **{name: version(name) for name in PARTS}}
    differs = " ".join(__doc__.split("Three things differ")[1].split())
    files = {file: run(file) for file in sys.argv[1:]}
    print(json.dumps({"versions": versions, "note": f"Three things differ{differs}", "files": files}))


if __name__ == "__main__":
    main()
