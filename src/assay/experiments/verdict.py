"""The verdict: which recipe is better, by how much, and how sure."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from assay.base.errors import InputError
from assay.base.files import write_bytes
from assay.experiments.bootstrap import DomainScores, Interval, paired_interval
from assay.experiments.trial import ALL_DOMAINS, CONFIDENCE, DRAWS, Trial
from assay.records.artifact import Identity, build, finished
from assay.records.record import Record, read_record

METHOD = (
    "Differences are paired: both recipes are trained from the same seeds and scored on the same held-out documents. "
    "The overall score is the mean over domains. Intervals come from a hierarchical bootstrap ({draws} draws) over the "
    "documents of each domain and over runs, whose noise is pooled over all recipes and widened to a t distribution "
    "because there are few. A difference counts when its {confidence:.0%} interval excludes zero."
)
ONE_SEED = " With a single seed the intervals cover the documents only: the noise between runs is unknown."


def make_verdict(trials: list[Trial], target: str, identity: Identity, out: Path) -> Record:
    """Compare all recipes at the scale ``target``, the others beside it. The first recipe is the baseline."""
    record = finished(out, identity)
    if record:
        return record
    scales = [target] + [scale for scale in dict.fromkeys(trial.scale for trial in trials) if scale != target]
    comparisons = [compare([trial for trial in trials if trial.scale == scale], scale) for scale in scales]
    verdict = comparisons[0] | {"other_scales": comparisons[1:]}
    with build(out, identity) as draft:
        write_bytes(draft.folder / "verdict.json", (json.dumps(verdict, indent=1) + "\n").encode())
    return read_record(out)


def read_verdict(folder: Path) -> dict[str, Any]:
    """The content of a verdict artifact."""
    return json.loads((folder / "verdict.json").read_text(encoding="utf-8"))


def compare(trials: list[Trial], scale: str) -> dict[str, Any]:
    """The ranking of the recipes at one scale and every difference to the best and to the baseline."""
    groups: dict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        groups[trial.recipe].append(trial)
    scores = {recipe: _read_scores(group) for recipe, group in groups.items()}
    domains = list(next(iter(scores.values())))
    rows = sorted((_row(recipe, groups[recipe], scores[recipe]) for recipe in groups), key=lambda r: r["bits_per_byte"])
    baseline, best = trials[0].recipe, rows[0]["recipe"]
    pairs = [(recipe, other) for other in dict.fromkeys((best, baseline)) for recipe in groups if recipe != other]
    differences = [_difference(a, b, scores, domain) for a, b in pairs for domain in (ALL_DOMAINS, *domains)]
    seeds = rows[0]["seeds"]
    verdict = {
        "scale": scale,
        "baseline": baseline,
        "best": best,
        "confidence": CONFIDENCE,
        "method": METHOD.format(draws=DRAWS, confidence=CONFIDENCE) + (ONE_SEED if seeds == 1 else ""),
        "domains": domains,
        "recipes": rows,
        "comparisons": differences,
    }
    return {"sentence": sentence(verdict)} | verdict


def _read_scores(trials: list[Trial]) -> dict[str, DomainScores]:
    """Domain → scores, rows by seed in the order of the trials."""
    by_seed = [_read_documents(trial.evaluation) for trial in trials]
    scores = {}
    for domain, documents in by_seed[0].items():
        ids = list(documents)
        if any(list(other.get(domain, {})) != ids for other in by_seed):
            raise AssertionError(f"runs were scored on different documents of {domain}")
        bits = np.array([[other[domain][id_][0] for id_ in ids] for other in by_seed])
        scores[domain] = DomainScores(bits, np.array([size for _, size in documents.values()], dtype=np.float64))
    return scores


def _read_documents(evaluation: Path) -> dict[str, dict[str, tuple[float, int]]]:
    documents: dict[str, dict[str, tuple[float, int]]] = defaultdict(dict)
    path = evaluation / "documents.jsonl"
    lines = path.read_text(encoding="utf-8").split("\n") if path.exists() else []
    for row in (json.loads(line) for line in lines if line):
        documents[row["task"]][row["id"]] = (row["bits"], row["bytes"])
    if not documents:
        raise InputError(
            "no held-out text was scored, so there is nothing to compare",
            where=evaluation,
            hint="add a task of type bits_per_byte to the suite",
        )
    return dict(documents)


def _row(recipe: str, trials: list[Trial], scores: dict[str, DomainScores]) -> dict[str, Any]:
    by_domain = {domain: domain_scores.bits_per_byte() for domain, domain_scores in scores.items()}
    by_seed = np.mean(list(by_domain.values()), axis=0)
    funnel = json.loads((trials[0].dataset / "funnel.json").read_text(encoding="utf-8"))
    run = read_record(trials[0].run).metrics
    return {
        "recipe": recipe,
        "bits_per_byte": float(by_seed.mean()),
        "by_domain": {domain: float(values.mean()) for domain, values in by_domain.items()},
        "by_seed": {str(trial.seed): float(value) for trial, value in zip(trials, by_seed, strict=True)},
        "seeds": len(trials),
        "tokens": run.get("tokens"),
        "epochs": run.get("epochs"),
        "kept_documents": funnel["documents_out"],
        "kept_bytes": funnel["bytes_out"],
        "accuracy": _accuracies(trials),
    }


def _accuracies(trials: list[Trial]) -> dict[str, float]:
    values: dict[str, list[float]] = defaultdict(list)
    for trial in trials:
        results = json.loads((trial.evaluation / "results.json").read_text(encoding="utf-8"))
        for task in results["tasks"]:
            if task["metric"] == "accuracy":
                values[task["task"]].append(task["value"])
    return {task: float(np.mean(by_seed)) for task, by_seed in values.items()}


def _difference(a: str, b: str, scores: dict[str, dict[str, DomainScores]], domain: str) -> dict[str, Any]:
    chosen = {recipe: [s for name, s in own.items() if domain in (ALL_DOMAINS, name)] for recipe, own in scores.items()}
    interval = paired_interval(chosen, a, b)
    return {
        "a": a,
        "b": b,
        "domain": domain,
        "difference": interval.difference,
        "low": interval.low,
        "high": interval.high,
        "verdict": interval.verdict,
    }


def sentence(verdict: dict[str, Any]) -> str:
    """The verdict in one or two sentences."""
    rows = verdict["recipes"]
    best, domains = rows[0], ", ".join(verdict["domains"])
    start = f"{best['recipe']} has the lowest held-out bits per byte, {best['bits_per_byte']:.3f} ({domains})"
    if len(rows) == 1:
        return f"{start}; there is no other recipe to compare it with."
    other = verdict["baseline"] if verdict["baseline"] != best["recipe"] else rows[1]["recipe"]
    parts = [_against(verdict, best["recipe"], other)]
    if rows[1]["recipe"] != other:
        parts.append(_against(verdict, best["recipe"], rows[1]["recipe"]))
    seeds = f"{best['seeds']} seeds" if best["seeds"] > 1 else "1 seed, so the noise between runs is unknown"
    return f"{start}: {'; '.join(parts)}, over {seeds}. {_by_domain(verdict)}".strip()


def _find(verdict: dict[str, Any], a: str, b: str, domain: str) -> Interval:
    """The interval of a − b, turned round when it is stored as b − a."""
    for row in verdict["comparisons"]:
        if row["domain"] != domain:
            continue
        if (row["a"], row["b"]) == (a, b):
            return Interval(row["difference"], row["low"], row["high"])
        if (row["a"], row["b"]) == (b, a):
            return Interval(-row["difference"], -row["high"], -row["low"])
    raise AssertionError(f"{a} and {b} were not compared")


def _against(verdict: dict[str, Any], a: str, b: str, domain: str = ALL_DOMAINS) -> str:
    interval = _find(verdict, a, b, domain)
    spread = f"{verdict['confidence']:.0%} interval {-interval.high:.3f} to {-interval.low:.3f}"
    if interval.verdict == "no difference":
        return f"not distinguishable from {b} ({-interval.difference:.3f} lower, {spread})"
    return f"{-interval.difference:.3f} lower than {b} ({spread})"


def _by_domain(verdict: dict[str, Any]) -> str:
    """Where another recipe than the best is surely better."""
    best, notes = verdict["best"], []
    for domain in verdict["domains"]:
        leader = min(verdict["recipes"], key=lambda row: row["by_domain"][domain])["recipe"]
        if leader != best and _find(verdict, leader, best, domain).verdict == "better":
            notes.append(f"on {domain} alone, {leader} is {_against(verdict, leader, best, domain)}")
    return f"But {'; '.join(notes)}." if notes else ""
