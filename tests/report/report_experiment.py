"""A small experiment as assay leaves it on disk: real counts from toy steps, poisoned documents, made-up scores."""

from __future__ import annotations

import hashlib
import json
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any

from assay.records.artifact import Identity, build
from assay.records.record import Record, read_record

POISON = {
    "poison/script": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "poison/end-script": "</script><script>alert(3)</script>",
    "poison/end-style": "</style><style>body{display:none}</style>",
    "poison/comment": "<!-- <script> -->\u2028and\u2029then ]]> &amp; &lt;b&gt;",
    "poison/combining": "a" + "\u0301" * 500_000,
    "poison/rtl": "\u202eמסמך\u202c שלום עולם، مرحبا بالعالم",
    "poison/surrogate": "half a pair \ud800 and a null \x00.",
}
RECIPE_MARKUP = "<b>bold</b>"
DOMAINS = ("reference", "tutorials")
SEEDS = (0, 1, 2)


@dataclass(frozen=True)
class Document:
    id: str
    url: str | None
    text: str


Step = tuple[str, str, Callable[[list[Document]], list[str | None]]]
"""Name, kind, and for each document the reason why it is dropped, or None."""


def documents() -> list[Document]:
    """Prose, repeated licences, generated tables, minified code, and the poison."""
    found = [Document(id_, f"https://bad.example/{id_}?<x>", text) for id_, text in POISON.items()]
    for topic, text in sorted(topics.items()):
        parts = [part.strip() for part in text.split("\n\n") if len(part) > 120]
        found += [Document(f"topics/{topic}:{n}", None, part) for n, part in enumerate(parts)]
    licence = "Permission is hereby granted, free of charge, to any person obtaining a copy of this software. " * 4
    found += [Document(f"licences/{n}/LICENSE", f"file:///site-packages/p{n}/LICENSE", licence) for n in range(160)]
    found += [Document(f"tables/{n}", None, "0x00, 0xff, 0x7f, 0x01, " * (20 + n)) for n in range(90)]
    found += [Document(f"js/{n}.min.js", None, "!function(e,t){e.x=t(e)}(this,0);" * (9 + n)) for n in range(120)]
    found += [Document(f"short/{n}", None, f"Version {n}.") for n in range(70)]
    return found


def word_count(found: list[Document]) -> list[str | None]:
    return ["word_count < 8" if len(each.text.split()) < 8 else None for each in found]


def symbols(found: list[Document]) -> list[str | None]:
    shares = [sum(map(str.isalpha, each.text)) / len(each.text) for each in found]
    return [f"alphabetic_share < {0.6:g}" if share < 0.6 else None for share in shares]


def exact_dedup(found: list[Document]) -> list[str | None]:
    seen: set[str] = set()
    return [
        "seen before" if each.text in seen or seen.add(each.text) else None  # type: ignore[func-returns-value]
        for each in found
    ]


def quality(found: list[Document]) -> list[str | None]:
    return ["quality < 0.5" if hashlib.sha256(each.id.encode()).digest()[0] < 90 else None for each in found]


def unchanged(found: list[Document]) -> list[str | None]:
    return [None] * len(found)


_HEURISTICS: list[Step] = [
    ("html_extraction", "modifier", unchanged),
    ("word_count_filter", "filter", word_count),
    ("alphabetic_filter", "filter", symbols),
]
RECIPES: dict[str, list[Step]] = {
    "no-filter": [],
    "heuristics": _HEURISTICS,
    "heuristics-dedup": [*_HEURISTICS, ("exact_dedup", "pool step", exact_dedup)],
    "heuristics-dedup-quality": [
        *_HEURISTICS,
        ("exact_dedup", "pool step", exact_dedup),
        ("fasttext_quality_filter", "filter", quality),
    ],
}
SCORES = {
    "no-filter": (1.412, 1.610),
    "heuristics": (1.371, 1.602),
    "heuristics-dedup": (1.344, 1.607),
    "heuristics-dedup-quality": (1.318, 1.628),
}


def write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")


def write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_bytes(text.encode(errors="surrogatepass").replace(b"\xed\xa0\x80", b"\\ud800"))


def build_pool(out: Path) -> Record:
    config = {"files": [{"name": "pool.jsonl", "bytes": 12, "sha256": "0" * 64}], "columns": {}}
    with build(out, Identity("pool", "installed packages", config)) as draft:
        write_lines(draft.folder / "pool.jsonl", [{"text": "see the builder"}])
    return read_record(out)


def build_dataset(out: Path, name: str, steps: list[Step], pool: Path) -> Record:
    config = {"recipe": [{"step": step, "minimum": 0.5, "words": ["the", "of"]} for step, _, _ in steps]}
    with build(out, Identity("dataset", name, config, {read_record(pool).id: pool})) as draft:
        funnel, samples = run_steps(documents(), steps)
        write_json(draft.folder / "funnel.json", funnel)
        write_lines(draft.folder / "samples.jsonl", samples)
    return read_record(out)


def run_steps(found: list[Document], steps: list[Step]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    start, rows, samples = found, [], []
    for index, (name, kind, judge) in enumerate(steps):
        reasons = judge(found)
        kept = [each for each, reason in zip(found, reasons, strict=True) if reason is None]
        fallen = [(each, reason) for each, reason in zip(found, reasons, strict=True) if reason]
        counts: dict[str, int] = {}
        for _, reason in fallen:
            counts[reason] = counts.get(reason, 0) + 1
        rows.append({"step": name, "kind": kind, **_sizes("in", found), **_sizes("out", kept), "reasons": counts})
        samples += [_sample(index, name, "dropped", each, reason) for each, reason in _spread(fallen)]
        samples += [_sample(index, name, "kept", each, None) for each, _ in _spread([(each, None) for each in kept])]
        found = kept
    funnel = {
        **_sizes("in", start),
        "quarantined": 2,
        "quarantine_reasons": {"not valid <JSON>": 2},
        "skipped": {"request": 7},
    }
    return {**funnel, **_sizes("out", found), "steps": rows}, samples


def _sizes(side: str, found: list[Document]) -> dict[str, int]:
    size = sum(len(each.text.encode(errors="replace")) for each in found)
    return {f"documents_{side}": len(found), f"bytes_{side}": size}


def _spread(found: list[tuple[Document, Any]]) -> list[tuple[Document, Any]]:
    """All of the poison first, then some of the rest in a shuffled order."""
    poison = [each for each in found if each[0].id in POISON]
    rest = [each for each in found if each[0].id not in POISON]
    return (poison + random.Random(0).sample(rest, len(rest)))[:50]


def _sample(index: int, name: str, outcome: str, document: Document, reason: str | None) -> dict[str, Any]:
    row = {"step": index, "name": name, "outcome": outcome, "reason": reason}
    text = document.text if index == 0 else document.text[:2000]  # a page must bear more than assay itself writes
    return {**row, "id": document.id, "url": document.url, "text": text}


def build_run(out: Path, recipe: str, seed: int, tokens: Path, name: str | None = None) -> Record:
    scale = {"name": "lm-1m", "layers": 4, "width": 96, "tokens": 2_000_000, "learning_rate": 0.003}
    noise = random.Random(f"{recipe}{seed}")
    floor = 3.1 + 0.1 * list(RECIPES).index(recipe)
    rows = []
    for step in range(10, 980, 10):
        loss = floor + 5.2 * math.exp(-math.log1p(step) / 1.7) + noise.gauss(0, 0.02)
        rows.append({"step": step, "tokens": step * 2048, "loss": loss, "learning_rate": 0.003, "grad_norm": 0.8})
    identity = Identity(
        "run", name or f"{recipe}-lm-1m-seed{seed}", {"scale": scale, "seed": seed}, {read_record(tokens).id: tokens}
    )
    with build(out, identity) as draft:
        write_lines(draft.folder / "metrics.jsonl", rows)
        write_json(draft.folder / "scale.json", scale)
        draft.metrics |= {"tokens": 2_000_000, "epochs": 1.7, "final_loss": rows[-1]["loss"], "parameters": 1_000_000}
    return read_record(out)


def build_evaluation(out: Path, recipe: str, seed: int, run: Path) -> Record:
    shift = random.Random(f"{recipe}{seed}!").gauss(0, 0.004)
    scores = {domain: value + shift for domain, value in zip(DOMAINS, SCORES[recipe], strict=True)}
    tasks = [_task(domain, "bits_per_byte", value) for domain, value in scores.items()]
    tasks.append(_task("copa", "accuracy", 0.52 + 0.01 * list(RECIPES).index(recipe)))
    config = {"suite": {"name": "demo", "tasks": [{"task": domain, "sha256": "1" * 64} for domain in DOMAINS]}}
    with build(out, Identity("evaluation", run.name, config, {read_record(run).id: run})) as draft:
        write_json(draft.folder / "results.json", {"tasks": tasks})
    return read_record(out)


def _task(task: str, metric: str, value: float) -> dict[str, Any]:
    return {"task": task, "type": metric, "metric": metric, "value": value, "stderr": 0.01, "documents": 40,
            "higher_is_better": metric == "accuracy"}  # fmt: skip


def build_experiment(root: Path, rename: dict[str, str] | None = None) -> Path:
    """The whole experiment below ``root``; ``rename`` gives recipes other names."""
    names = rename or {}
    build_pool(root / "pool")
    evaluations: dict[str, Path] = {}
    for recipe, steps in RECIPES.items():
        name = names.get(recipe, recipe)
        dataset = root / "datasets" / recipe
        build_dataset(dataset, name, steps, root / "pool")
        tokens = root / "tokens" / recipe
        with build(tokens, Identity("tokens", name, {"context": 256}, {read_record(dataset).id: dataset})):
            pass
        for seed in SEEDS:
            label = f"{recipe}-lm-1m-seed{seed}"
            build_run(root / "runs" / label, recipe, seed, tokens)
            build_evaluation(root / "evaluations" / label, recipe, seed, root / "runs" / label)
            folder = root / "evaluations" / label
            evaluations[read_record(folder).id] = folder
    with build(root / "verdicts" / "lm-1m", Identity("verdict", "lm-1m", {"target": "lm-1m"}, evaluations)) as draft:
        write_json(draft.folder / "verdict.json", verdict(root, names))
    return root


def verdict(root: Path, names: dict[str, str]) -> dict[str, Any]:
    rows = sorted((_verdict_row(root, recipe, names) for recipe in RECIPES), key=lambda row: row["bits_per_byte"])
    best, baseline = rows[0]["recipe"], names.get("no-filter", "no-filter")
    comparisons = [
        _comparison(a, b, domain)
        for b in dict.fromkeys((rows[0]["recipe"], baseline))
        for b in [next(row for row in rows if row["recipe"] == b)]
        for a in rows
        if a is not b
        for domain in ("all", *DOMAINS)
    ]
    gain = rows[-1]["bits_per_byte"] - rows[0]["bits_per_byte"]
    return {
        "scale": "lm-1m",
        "baseline": baseline,
        "best": best,
        "sentence": f"{best} has the lowest held-out bits per byte, {rows[0]['bits_per_byte']:.3f} "
        f"({', '.join(DOMAINS)}): {gain:.3f} lower than {baseline} (95% interval {gain - 0.012:.3f} to "
        f"{gain + 0.012:.3f}), over 3 seeds. By domain: {best} leads on reference, heuristics leads on tutorials.",
        "method": "Differences are paired: both recipes are trained from the same seeds and scored on the same "
        "held-out documents. The overall score is the mean over domains. Intervals come from a hierarchical bootstrap "
        "(10000 draws) that resamples seeds and, within each domain, documents.",
        "confidence": 0.95,
        "domains": list(DOMAINS),
        "recipes": rows,
        "comparisons": comparisons,
        "other_scales": [],
    }


def _verdict_row(root: Path, recipe: str, names: dict[str, str]) -> dict[str, Any]:
    funnel = json.loads((root / "datasets" / recipe / "funnel.json").read_text())
    by_seed = {}
    for seed in SEEDS:
        results = json.loads((root / "evaluations" / f"{recipe}-lm-1m-seed{seed}" / "results.json").read_text())
        by_seed[str(seed)] = sum(task["value"] for task in results["tasks"][:2]) / 2
    return {
        "recipe": names.get(recipe, recipe),
        "bits_per_byte": sum(by_seed.values()) / len(by_seed),
        "by_domain": dict(zip(DOMAINS, SCORES[recipe], strict=True)),
        "by_seed": by_seed,
        "seeds": len(SEEDS),
        "tokens": 2_000_000,
        "epochs": 1.7,
        "kept_documents": funnel["documents_out"],
        "kept_bytes": funnel["bytes_out"],
        "accuracy": {"copa": 0.52 + 0.01 * list(RECIPES).index(recipe)},
    }


def _comparison(a: dict[str, Any], b: dict[str, Any], domain: str) -> dict[str, Any]:
    score = (lambda row: row["bits_per_byte"]) if domain == "all" else (lambda row: row["by_domain"][domain])
    difference = score(a) - score(b)
    low, high = difference - 0.012, difference + 0.012
    word = "better" if high < 0 else "worse" if low > 0 else "no difference"
    row = {"a": a["recipe"], "b": b["recipe"], "domain": domain, "difference": difference}
    return {**row, "low": low, "high": high, "verdict": word}
