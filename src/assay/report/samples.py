"""Which sampled documents fit in the page: as many of each step as a budget of bytes allows, each text stored once."""

from __future__ import annotations

from collections import Counter
from typing import Any

from assay.report.contents import Sample
from assay.report.gather import Dataset
from assay.report.inline import script_json

BUDGET = 1_600_000
"""Bytes of JSON for all samples of a page; with the 0.9 MB that draw the charts it stays well below 3 MB."""
_LABEL_CHARACTERS = 300
"""Of an id, an address or a reason."""
_LIMITS = ((50, 1_000), (25, 1_000), (12, 1_000), (6, 800), (3, 500), (1, 250))
"""Samples of each outcome of each step, and characters of each; the first that fits the budget is taken."""


def embed(datasets: list[Dataset]) -> dict[str, Any]:
    """The samples as the page's script reads them.

    ``texts`` holds every text once (recipes that begin alike sampled the same documents); ``datasets`` holds, for each
    dataset and each step, ``dropped`` and ``kept`` lists of ``[id, url, reason, index into texts]``.
    """
    embedded = {}
    for limits in _LIMITS:
        texts: dict[str, int] = {}
        steps = [_steps(dataset, limits, texts) for dataset in datasets]
        embedded = {"texts": list(texts), "datasets": steps}
        if len(script_json(embedded).encode(errors="replace")) <= BUDGET:
            break
    return embedded


def _steps(dataset: Dataset, limits: tuple[int, int], texts: dict[str, int]) -> list[dict[str, list[Any]]]:
    count = len(dataset.funnel.steps) if dataset.funnel else 0
    steps: list[dict[str, list[Any]]] = [{"dropped": [], "kept": []} for _ in range(count)]
    taken: Counter[tuple[int, str]] = Counter()
    for sample in dataset.samples:
        place = (sample.step, sample.outcome)
        if 0 <= sample.step < count and taken[place] < limits[0]:
            taken[place] += 1
            text = cut(sample.text, limits[1])
            steps[sample.step][sample.outcome].append(_row(sample, texts.setdefault(text, len(texts))))
    return steps


def _row(sample: Sample, index: int) -> list[Any]:
    labels = (cut(label, _LABEL_CHARACTERS) for label in (sample.id, sample.url or "", sample.reason or ""))
    return [*labels, index]


def cut(text: str, limit: int) -> str:
    """At most ``limit`` characters, the last an ellipsis when some are missing."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
