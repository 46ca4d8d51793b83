"""A recipe minus each of its steps in turn: what each step costs, and what it brings.

What a filter costs comes from one statistics artifact, without a dataset for each; other steps need a run of their own.
What a step brings is measured by training on the text with and without it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from assay.base.errors import InputError
from assay.base.files import write_bytes
from assay.base.progress import log
from assay.curation.engine import curate
from assay.curation.measure import measure
from assay.curation.recipe import EXTRACTION, Recipe, dataset_identity, holds_pages
from assay.curation.retention import Statistics, open_statistics, retention
from assay.curation.statistics import measured_part, statistics_identity
from assay.curation.step import Filter
from assay.evaluation.suite import load_suite
from assay.experiments.execute import execute
from assay.experiments.plan import Plan, artifact_folder, plan
from assay.experiments.spec import Experiment, load_experiment
from assay.experiments.trial import ALL_DOMAINS
from assay.experiments.verdict import read_verdict
from assay.records.record import Record

BYTES_PER_TOKEN = 4.6
"""Of web text in UTF-8: GPT-NeoX's tokenizer, that of DCLM's models, makes 161,264 tokens of 740,630 bytes of C4."""


@dataclass(frozen=True)
class Training:
    """How to find out what a step brings."""

    scale: str
    suite: str
    seeds: int = 3


@dataclass
class Variant:
    """The recipe without one step."""

    label: str
    """Of the step."""
    kind: str
    recipe: Recipe | None
    """None when the step cannot be left out."""
    documents: int | None = None
    """That the recipe would have without the step."""
    bytes: int | None = None
    note: str = ""
    brings: dict[str, Any] | None = None
    """Bits per byte without the step minus with it, and its 95 % interval: above zero, the step helps."""


@dataclass
class Ablation:
    """A recipe over a pool, and what it has without each of its steps."""

    recipe: Recipe
    documents: int
    bytes: int
    variants: list[Variant] = field(default_factory=list)
    plan: Plan | None = None
    """Of the experiment, when there was one."""

    def to_json(self) -> dict[str, Any]:
        """The recipe and one row a step; what it costs are the documents and bytes that are there without it."""
        rows = [self._row(variant) for variant in self.variants]
        return {"recipe": self.recipe.name, "documents": self.documents, "bytes": self.bytes, "steps": rows}

    def _row(self, variant: Variant) -> dict[str, Any]:
        row: dict[str, Any] = {"step": variant.label, "kind": variant.kind, "note": variant.note}
        if variant.documents is None or variant.bytes is None:
            return row
        cost = variant.bytes - self.bytes
        row |= {"documents": variant.documents - self.documents, "bytes": cost, "tokens": round(cost / BYTES_PER_TOKEN)}
        return row | {"brings": variant.brings}


def ablate(
    pool: Record,
    pool_folder: Path,
    recipe: Recipe,
    out: Path,
    workers: int,
    training: Training | None = None,
) -> Ablation:
    """Try the recipe without each of its steps, in the folder ``out``; what is there already is not made again.

    InputError when the recipe has no step, or the suite has no held-out text.
    """
    if not recipe.steps:
        raise InputError("has no step to leave out", where=f"recipe {recipe.name}")
    heldout = load_suite(training.suite).heldout_files() if training else []
    variants = [_variant(recipe, index, holds_pages(pool)) for index in range(len(recipe.steps))]
    bench = _Bench(pool, pool_folder, out, workers, heldout, None)
    bench = replace(bench, statistics=_statistics(bench, recipe))
    ablation = Ablation(recipe, *bench.sizes(recipe), variants)
    for variant in variants:
        _measure(variant, ablation, bench)
    if training:
        _train(ablation, bench, training)
    return ablation


def _variant(recipe: Recipe, index: int, pages: bool) -> Variant:
    label, (name, step) = recipe.labels()[index], recipe.steps[index]
    if pages and name == EXTRACTION:
        return Variant(label, step.kind, None, note="web pages have no text without it")
    left = replace(recipe.without(index), name=f"{recipe.name} without {label}")
    return Variant(label, step.kind, left)


@dataclass(frozen=True)
class _Bench:
    """Where recipes over one pool are tried."""

    pool: Record
    pool_folder: Path
    out: Path
    workers: int
    heldout: list[str]
    """Files of held-out text: what overlaps them is dropped before every recipe."""
    statistics: Statistics | None

    def prepared(self, recipe: Recipe) -> Recipe:
        """The recipe as an experiment runs it."""
        recipe = recipe.for_pool(self.pool)
        return recipe.decontaminated(self.heldout) if self.heldout else recipe

    def sizes(self, recipe: Recipe) -> tuple[int, int]:
        """Documents and bytes of the recipe's dataset, which is made only when it must be."""
        whole = self.prepared(recipe)
        if self.statistics and self.statistics.cover(whole) and measured_part(whole) == whole:
            kept = retention(self.statistics, whole)
            return kept.documents_out, kept.bytes_out
        funnel = json.loads((self.dataset(recipe) / "funnel.json").read_text(encoding="utf-8"))
        return funnel["documents_out"], funnel["bytes_out"]

    def dataset(self, recipe: Recipe) -> Path:
        """The recipe's dataset, made if it is not there, of the statistics if they hold what it needs."""
        whole = self.prepared(recipe)
        identity = dataset_identity(self.pool.id, self.pool_folder, whole)
        folder = artifact_folder(self.out, "datasets", recipe.name, identity)
        statistics = self.statistics.folder if self.statistics and self.statistics.cover(whole) else None
        curate(self.pool, whole, folder, self.pool_folder, self.workers, statistics=statistics)
        return folder


def _statistics(bench: _Bench, recipe: Recipe) -> Statistics | None:
    """Of the recipe's filters, if it begins with any."""
    part = measured_part(bench.prepared(recipe))
    if not any(isinstance(step, Filter) for _, step in part.steps):
        return None
    identity = statistics_identity(bench.pool.id, bench.pool_folder, part)
    folder = artifact_folder(bench.out, "statistics", recipe.name, identity)
    measure(bench.pool, part, folder, bench.pool_folder, bench.workers)
    return open_statistics(folder)


def _measure(variant: Variant, ablation: Ablation, bench: _Bench) -> None:
    """What there is without the step."""
    if variant.recipe is None:
        return
    log(f"{variant.recipe.name}: counting what is there without it")
    try:
        variant.documents, variant.bytes = bench.sizes(variant.recipe)
    except InputError as error:  # a later step needs what this one makes
        variant.recipe, variant.note = None, f"the recipe needs it: {error.message}"
        return
    if variant.kind == Filter.kind and (variant.documents, variant.bytes) == (ablation.documents, ablation.bytes):
        variant.note = "drops nothing that the other steps keep"


def _train(ablation: Ablation, bench: _Bench, training: Training) -> None:
    """Train on the dataset of the recipe and on that of each variant that differs from it; compare."""
    tried = [variant for variant in ablation.variants if variant.recipe and not variant.note]
    recipes = [ablation.recipe, *(variant.recipe for variant in tried if variant.recipe)]
    for recipe in recipes:
        bench.dataset(recipe)
    ablation.plan = plan(*_experiment(recipes, bench, training), bench.out)
    execute(ablation.plan, bench.workers)
    found = {
        row["a"]: row
        for row in read_verdict(ablation.plan.verdict.folder)["comparisons"]
        if row["b"] == ablation.recipe.name and row["domain"] == ALL_DOMAINS
    }
    for variant in tried:
        row = found[variant.recipe.name if variant.recipe else ""]
        variant.brings = {name: row[name] for name in ("difference", "low", "high")} | {"verdict": row["verdict"]}


def _experiment(recipes: list[Recipe], bench: _Bench, training: Training) -> tuple[Experiment, Path]:
    """The experiment as a file that ``assay run`` takes, the recipe as its baseline."""
    folder = bench.out / "recipes"
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, recipe in enumerate(recipes):
        paths.append(folder / f"{number:02d}-{re.sub(r'[^A-Za-z0-9._-]+', '-', recipe.name)}.yaml")
        write_bytes(paths[-1], yaml.safe_dump(recipe.as_written(), sort_keys=False, allow_unicode=True).encode())
    experiment = {
        "name": f"{recipes[0].name} minus each step",
        "pool": [str(bench.pool_folder.absolute())],
        "recipes": [str(path.relative_to(bench.out)) for path in paths],
        "scales": [_absolute(training.scale)],
        "seeds": training.seeds,
        "suite": _absolute(training.suite),
    }
    path = bench.out / "experiment.yaml"
    write_bytes(path, yaml.safe_dump(experiment, sort_keys=False, allow_unicode=True).encode())
    return load_experiment(path)


def _absolute(name: str) -> str:
    """A file by its whole path; a name of the catalog as it is."""
    return str(Path(name).absolute()) if Path(name).is_file() else name
