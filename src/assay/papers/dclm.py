"""DataComp-LM (https://arxiv.org/abs/2406.11794) told as code: the better the curation, the better the model.

The paper fixes the pool, the model and the training recipe, and changes only the curation. So does this file:

1. a pool of raw candidates: yours, or the text that every Python installation holds       pools/installed.py
2. held-out text that no training document overlaps, in domains of its own                 text/decontaminate.py
3. a ladder of recipes: nothing, heuristics, deduplication, a quality classifier           curation/engine.py
4. the same model, trained on as many tokens of each, from several seeds                   training/loop.py
5. scores on the held-out text, and the verdict                                            experiments/verdict.py

``prepare`` writes all that it decides into one folder, as ``experiment.yaml``, recipes and a suite: change them, and
``assay run experiment.yaml`` goes on from there. ``reproduce`` runs it.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from assay.base.errors import InputError
from assay.base.files import expand, is_remote, write_bytes
from assay.base.progress import log
from assay.experiments.execute import execute
from assay.experiments.plan import Plan, plan
from assay.experiments.spec import load_experiment
from assay.experiments.verdict import read_verdict

KEPT_IN_THE_PAPER = {
    "no-filter": 1.0,
    "heuristics": 0.199,
    "heuristics-dedup": 0.137,
    "heuristics-dedup-quality": 0.014,
}
"""Share of the pool's documents left after each stage (Figure 4; the paper's deduplication is a Bloom filter)."""

CORE_IN_THE_PAPER = {"RefinedWeb reproduction (heuristics + dedup)": 27.5, "+ fastText classifier": 30.2}
"""CORE of a 1.4B model on 28.8B tokens (Table 4)."""

_JSONL = (".jsonl", ".jsonl.gz", ".jsonl.zst")


@dataclass(frozen=True)
class Sources:
    """Where the text of the experiment comes from."""

    pool: list[str]
    heldout: dict[str, list[str]]
    """Domain → files of held-out text."""
    positives: list[str]
    """Files of text that is good: what the quality classifier learns to find."""
    kept_fraction: float = 0.1
    """Documents the classifier keeps; a tenth in the paper (section 4.4)."""
    classifier: dict[str, Any] = field(default_factory=dict)
    """Settings of fastText that differ from the paper's."""


def prepare(out: Path, sources: Sources | None = None, scale: str = "lm-demo", seeds: int = 3) -> Plan:
    """Write the experiment into ``out`` and plan it. Without ``sources`` the installed text is collected there."""
    out.mkdir(parents=True, exist_ok=True)
    sources = sources or collect_installed_text(out)
    recipes = ["no-filter", "heuristics", "heuristics-dedup", _quality_recipe(out, sources)]
    experiment = {
        "name": f"dclm-{Path(scale).stem}",
        "pool": sources.pool,
        "recipes": recipes,
        "tokenizer": {"vocab_size": _vocab_size(scale)},
        "scales": [str(Path(scale).absolute()) if Path(scale).is_file() else scale],
        "seeds": seeds,
        "suite": _suite(out, sources.heldout),
        "decontaminate": True,
    }
    path = _write_yaml(out / "experiment.yaml", experiment)
    return plan(*load_experiment(path), out)


def reproduce(planned: Plan, workers: int) -> dict[str, Any]:
    """Make what the plan asks for and is not there yet; returns the verdict."""
    execute(planned, workers)
    return read_verdict(planned.verdict.folder)


def collect_installed_text(out: Path) -> Sources:
    """The embedded default: a small stand-in for a crawl, with its natural junk and duplicates.

    The pool is the files inside the installed packages and the standard library. Held out are the prose of Python's
    reference and the source code of a few standard-library packages, so that a recipe can win on one and lose on the
    other. Good text, for the classifier, is the documentation of the standard library.
    """
    from assay.pools.installed import collect_heldout, collect_installed, collect_positives

    if not (out / "pool").exists():
        log("collecting the text of the installed packages")
    collect_installed(out / "pool")
    collect_heldout(out / "heldout")
    collect_positives(out / "positives")
    return Sources(
        pool=["pool"],
        heldout={domain: [f"heldout/shards/{domain}.jsonl.zst"] for domain in ("prose", "code")},
        positives=["positives/shards/00000.jsonl.zst"],
        kept_fraction=0.5,  # the text is so little that training would repeat a tenth of it many times
        classifier={"lr": 0.5, "epoch": 10, "dim": 16},  # the paper's are for 400,000 examples, here are a few thousand
    )


def own_text(pool: list[str], heldout: list[str], positives: list[str]) -> Sources:
    """Sources from the user's files. Held-out files are given as ``domain=path``."""
    domains: dict[str, list[str]] = {}
    for entry in heldout:
        domain, equals, path = entry.partition("=")
        if not equals:
            raise InputError(f"{entry!r} is not of the form domain=FILE", where="--heldout")
        domains.setdefault(domain, []).extend(expand([_absolute(path)], _JSONL))
    if not domains or not positives:
        raise InputError(
            "an own pool needs --heldout and --positives",
            hint="--heldout news=FILE.jsonl: text to judge the models by; --positives FILE.jsonl: good text",
        )
    return Sources([*map(_absolute, pool)], domains, expand(map(_absolute, positives), _JSONL))


def _absolute(path: str) -> str:
    return path if is_remote(path) else os.path.abspath(path)


def _quality_recipe(out: Path, sources: Sources) -> str:
    """Section 4.4: a fastText classifier of good text against the pool itself, and the top fraction by its score."""
    classifier = {"positives": sources.positives, "key": "quality"}
    if sources.classifier:
        classifier["training"] = sources.classifier
    recipe = {
        "name": "heuristics-dedup-quality",
        "extends": "heuristics-dedup",
        "steps": [
            {"fasttext_classifier": classifier},
            {"quality_top_fraction": {"key": "quality", "fraction": sources.kept_fraction}},
        ],
    }
    return _write_yaml(out / "heuristics-dedup-quality.yaml", recipe).name


def _suite(out: Path, heldout: dict[str, list[str]]) -> str:
    tasks = [{"name": domain, "type": "bits_per_byte", "data": files} for domain, files in heldout.items()]
    return _write_yaml(out / "suite.yaml", {"name": "heldout", "tasks": tasks}).name


def _vocab_size(scale: str) -> int:
    from assay.models.scales import load_scale

    return load_scale(scale).model.vocab_size


def _write_yaml(path: Path, value: dict[str, Any]) -> Path:
    write_bytes(path, yaml.safe_dump(value, sort_keys=False, allow_unicode=True).encode())
    return path


def beside_the_paper(verdict: dict[str, Any], planned: Plan) -> list[list[Any]]:
    """Rows up the ladder: recipe, share of the pool's documents kept here and in the paper, bits per byte here."""
    documents = _documents_in(planned)
    rows = {row["recipe"]: row for row in verdict["recipes"]}
    ladder = dict.fromkeys(trial.recipe for trial in planned.trials)
    return [
        [
            name,
            rows[name]["kept_documents"] / documents,
            KEPT_IN_THE_PAPER.get(name),
            rows[name]["bits_per_byte"],
        ]
        for name in ladder
    ]


def _documents_in(planned: Plan) -> int:
    dataset = next(stage for stage in planned.stages if stage.kind == "dataset")
    return json.loads((dataset.folder / "funnel.json").read_text(encoding="utf-8"))["documents_in"]
