"""What the peers' sides of ``curation.py`` share. Needs Python alone; imports nothing of assay.

Each ``*_side.py`` is run by the interpreter in which its peer is installed, on a file of documents, one JSON object
with a ``text`` a line. It gives every document to every rule set in turn, and prints as JSON what each decided in the
order of the documents, and the CPU seconds it took: without imports, and without what is loaded at the first document.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

YARDSTICK_RUNS = 5
WARMING = "This is the first document, and it loads what is needed. There are two sentences in it: this is the other."


class Verdict(NamedTuple):
    """What a rule set decides about a document."""

    dropped: str | None
    """Why; None when it is kept."""
    text: str | None = None
    """What is left of it, where the rules change it."""


@dataclass
class Run:
    """What the rule sets returned for each document."""

    texts: list[str]
    results: dict[str, list[Any]]
    seconds: dict[str, float]


def run(rule_sets: dict[str, Callable[[str], Any]], limit: int | None = None) -> Run:
    """Every document through every rule set, before the next one: so what a peer remembers of a text, it can use."""
    with Path(sys.argv[1]).open(encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file][:limit]
    for rule_set in rule_sets.values():
        rule_set(WARMING)
    ran = Run(texts, {name: [] for name in rule_sets}, dict.fromkeys(rule_sets, 0.0))
    for text in texts:
        for name, rule_set in rule_sets.items():
            started = process_time()
            result = rule_set(text)
            ran.seconds[name] += process_time() - started
            ran.results[name].append(result)
    return ran


def tell(ran: Run, verdicts: dict[str, list[Verdict]], packages: Sequence[str], **more: Any) -> None:
    """Print what a run is worth to ``curation.py``; ``more`` is told beside the versions of the packages."""
    told = {
        "versions": {"python": platform.python_version(), **{name: version(name) for name in packages}},
        **more,
        "documents": len(ran.texts),
        "megabytes": sum(len(text.encode()) for text in ran.texts) / 1e6,
        "yardstick_seconds": yardstick(ran.texts),
        "seconds": ran.seconds,
        "verdicts": {name: [(each.dropped, digest(each.text)) for each in all_] for name, all_ in verdicts.items()},
    }
    print(json.dumps(told))


def yardstick(texts: list[str]) -> float:
    """CPU seconds of ``len(text.split())`` over the texts, the best of a few runs."""
    taken = []
    for _ in range(YARDSTICK_RUNS):
        started = process_time()
        sum(len(text.split()) for text in texts)
        taken.append(process_time() - started)
    return min(taken)


def digest(text: str | None) -> str | None:
    """Enough of a text to see whether another is the same."""
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()[:16]
