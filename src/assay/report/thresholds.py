"""The page of statistics: a slider for each bound of each rule, what they keep together, and documents beside them."""

from __future__ import annotations

import base64
import math
from pathlib import Path
from typing import Any

import numpy as np

from assay.base.files import write_bytes
from assay.curation.bounds import SIDES, bound_of, settings_of
from assay.curation.recipe import Recipe
from assay.curation.refilter import Screen
from assay.curation.retention import Retention, Statistics, retention
from assay.curation.step import Filter, Modifier
from assay.report.fill import fill, template_file
from assay.report.inline import script_json
from assay.report.samples import BUDGET, cut
from assay.report.survey import RuleValues, Sampled, survey

_SPREAD, _NEAR = 14, 5
"""Documents with their text for each rule: over all its values, and on each side of each of its bounds."""
_CHARACTERS = (700, 350, 150)
"""Of a text; the first that fits the budget is taken."""
_SKEWED = 20
"""A largest value of so many times the typical one is not shown on a linear scale."""


def write_thresholds(statistics: Statistics, recipe: Recipe, out: Path) -> Path:
    """Write the page of a recipe over statistics; the same statistics and recipe give the same bytes."""
    out.parent.mkdir(parents=True, exist_ok=True)
    screens = statistics.screens(recipe)
    rules, sample = survey(statistics, screens)
    kept = retention(statistics, recipe)
    page = fill(
        "thresholds.html.j2",
        [template_file("page.css"), template_file("thresholds.css")],
        [template_file("samples.js"), template_file("thresholds.js")],
        headline=f"What the thresholds of {recipe.name} keep",
        made=statistics.record.created[:10],
        steps=_rows(recipe, kept),
        kept=kept,
        sampled=sample.places.shape[1],
        data=_data(statistics, recipe, screens, rules, sample),
    )
    write_bytes(out, page.encode(errors="replace"))
    return out


def _rows(recipe: Recipe, kept: Retention) -> list[tuple[str, int, int]]:
    """Label, documents that came to the step, documents that it dropped."""
    counts = ((step.documents_in, step.documents_in - step.documents_out) for step in kept.steps)
    return [(label, *count) for label, count in zip(recipe.labels(), counts, strict=True)]


def _data(
    statistics: Statistics, recipe: Recipe, screens: tuple[Screen, ...], rules: list[RuleValues], sample: Sampled
) -> Any:
    """For the page's script; see ``thresholds.js``."""
    waiting = iter(rules)
    steps = [
        _step(label, screen, [next(waiting) for _ in screen.columns] if isinstance(screen.step, Filter) else [])
        for label, screen in zip(recipe.labels(), screens, strict=True)
    ]
    modifiers = [screen.columns[0] if isinstance(screen.step, Modifier) else "" for screen in screens]
    data = {
        "documents": statistics.documents,
        "steps": steps,
        "places": _base64(sample.places),
        "bytes": _base64(np.minimum(sample.bytes, 2**32 - 1).astype("<u4")),
        "dropped": _base64(np.array([modifiers.index(name) if name else 255 for name in sample.dropped], np.uint8)),
    }
    chosen = _choose(rules, sample)
    texts = _texts(statistics, sample, chosen)
    packed = script_json(data)
    for characters in _CHARACTERS:
        packed = script_json(data | {"texts": [_shown(text, sample, characters) for text in texts]})
        if len(packed.encode(errors="replace")) <= BUDGET:
            break
    return packed


def _step(label: str, screen: Screen, rules: list[RuleValues]) -> dict[str, Any]:
    settings = settings_of(screen.step) if isinstance(screen.step, Filter) else {}
    step: dict[str, Any] = {"label": label, "kind": screen.step.kind, "rules": []}
    for number, each in enumerate(rules):
        bounds = {}
        for side in SIDES:
            bound, setting = bound_of(each.rule, side), settings.get((number, side))
            if setting or math.isfinite(bound):
                stop = int(np.searchsorted(each.stops, bound)) if math.isfinite(bound) else None
                path = [setting.parameter, setting.key] if setting else None
                bounds[side] = {"stop": stop, "setting": path}
        shown = {"name": each.rule.name, "stops": each.stops.tolist(), "counts": each.counts.tolist(), "bounds": bounds}
        step["rules"].append(shown | {"scale": _scale(each.stops)})
    tables = {setting.parameter for setting in settings.values() if setting.key is not None}
    return step | {"tables": {name: getattr(screen.step, name) for name in tables}}


def _scale(stops: np.ndarray) -> float:
    """0 for a linear axis; otherwise about where an axis turns from linear to logarithmic (asinh of value / scale)."""
    if len(stops) < 2:
        return 0.0
    typical = float(np.median(np.abs(stops)))
    return typical if typical and np.abs(stops).max() > _SKEWED * typical else 0.0


def _base64(values: np.ndarray) -> str:
    return base64.b64encode(values.tobytes()).decode()


def _choose(rules: list[RuleValues], sample: Sampled) -> list[int]:
    """The documents of the sample that come with their text."""
    chosen: set[int] = set()
    for each, values in zip(rules, sample.values, strict=True):
        order = np.argsort(values, kind="stable")
        order = order[: np.count_nonzero(~np.isnan(values))]
        if not len(order):
            continue
        first = np.unique(values[order], return_index=True)[1]  # one document a value: many have the same
        chosen.update(order[first[np.linspace(0, len(first) - 1, _SPREAD).astype(int)]].tolist())
        for bound in (each.rule.minimum, each.rule.maximum):
            below = np.searchsorted(values[order], bound)
            above = np.searchsorted(values[order], bound, side="right")
            if math.isfinite(bound):
                near = (*order[max(0, below - _NEAR) : below], *order[above - 1 : above + _NEAR])
                chosen.update(int(row) for row in near)
    return sorted(chosen)


def _texts(statistics: Statistics, sample: Sampled, chosen: list[int]) -> list[dict[str, Any]]:
    """The chosen documents with id, url and text: as at the end, or as they came to the modifier that drops them."""
    texts, start = [], 0
    waiting = [(int(sample.rows[index]), index) for index in chosen]
    for batch in statistics.batches():
        here = [(row - start, index) for row, index in waiting if start <= row < start + len(batch)]
        for row, index in here:
            dropped = sample.dropped[index]
            texts.append({"index": index, **batch.sample(row, [dropped] if dropped else [])})
        start += len(batch)
    return texts


def _shown(text: dict[str, Any], sample: Sampled, characters: int) -> list[Any]:
    values = [float(f"{value:.4g}") for value in sample.values[:, text["index"]]]
    return [text["index"], cut(text["id"], 300), cut(text["url"] or "", 300), cut(text["text"], characters), values]
