"""The small runs of a search for a mix: their shares, how they are made, and what finished runs say.

The first mix takes every source once: the baseline, proportional to size. The others are drawn from Dirichlet
distributions about it, as in RegMix (Liu et al. 2024, arXiv 2407.01492), some near to it and some far.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from assay.base.errors import InputError
from assay.base.files import below
from assay.base.parallel import cpu_count, run_parallel
from assay.base.progress import progress
from assay.base.units import Tokens
from assay.models.scales import Scale
from assay.records.record import Record, read_record_of
from assay.records.store import find_records
from assay.tokens.mix import Mix, Source
from assay.training.settings import RunSettings

_CONCENTRATIONS = (0.5, 8.0)
"""Entries of the Dirichlet distribution for a source of mean size, drawn between these on a logarithmic scale: from
mixes that nearly leave sources out to mixes near the baseline. Our choice."""
_LEAST = 0.01
"""Share that every source has in a run, so that none gives less than a sequence."""


@dataclass(frozen=True)
class Proxies:
    """n small runs on mixes of S sources, measured on D domains."""

    ids: dict[str, str | Path]
    """Id → folder of each run."""
    sources: list[str]
    """Names of the datasets."""
    held: np.ndarray
    """Tokens that each source holds, shape (S,)."""
    shares: np.ndarray
    """Of each source in the tokens of each run, (n, S)."""
    domains: list[str]
    losses: np.ndarray
    """Bits per byte, (n, D)."""


def design(held: np.ndarray, runs: int, seed: int) -> np.ndarray:
    """Shares for ``runs`` mixes beside the baseline: shape (runs, S), each row summing to one."""
    rng = np.random.default_rng(seed)
    low, high = np.log(_CONCENTRATIONS)
    centre = np.maximum(held / held.mean(), _LEAST)
    drawn = np.array([rng.dirichlet(centre * np.exp(rng.uniform(low, high))) for _ in range(runs)])
    drawn = np.maximum(drawn, _LEAST)
    return drawn / drawn.sum(axis=1, keepdims=True)


def make_runs(
    mix: Mix,
    tokenizer: str,
    scale: Scale,
    settings: RunSettings,
    out: Path,
    *,
    runs: int,
    seed: int,
    workers: int,
) -> None:
    """Tokenise and train the baseline and ``runs`` - 1 mixes below ``out``; what is there is not made again."""
    whole = Mix(sources=[Source(dataset=source.dataset, epochs=1) for source in mix.sources])
    made = partial(_make, tokenizer=tokenizer, scale=scale, settings=settings, threads=_threads(workers))
    held = np.array([row["held"] for row in made((whole, out / "proportional")).metrics["sources"]])
    tokens = scale.steps * scale.batch_sequences * (scale.sequence_length + 1)
    trials = [
        (_mix(mix, shares, tokens), out / f"mix-{number:03d}")
        for number, shares in enumerate(design(held, runs - 1, seed), 1)
    ]
    with progress("train on mixes", len(trials), "runs") as bar:
        for _ in run_parallel(made, trials, workers):
            bar.advance()


def _threads(workers: int) -> int:
    return max(1, cpu_count() // workers)


def _mix(mix: Mix, shares: np.ndarray, tokens: int) -> Mix:
    sources = [
        Source(dataset=source.dataset, weight=round(share, 6))
        for source, share in zip(mix.sources, shares.tolist(), strict=True)
    ]
    return Mix(tokens=Tokens(tokens), sources=sources)


def _make(trial: tuple[Mix, Path], tokenizer: str, scale: Scale, settings: RunSettings, threads: int) -> Record:
    """The record of the tokens of one mix, after a model was trained on them."""
    from assay.tokens.pack import tokenize_mix
    from assay.training.language import train

    mix, folder = trial
    tokens = folder / "tokens"
    record = tokenize_mix(mix, tokenizer, tokens, scale.sequence_length)
    train(tokens, scale, 0, folder / "run", threads=threads, settings=settings)
    return record


def read_proxies(mix: Mix, folders: Iterable[str | Path], domains: list[str] | None = None) -> Proxies:
    """The finished runs on mixes of these very sources, at any depth of the folders.

    ``domains``: those to read; by default all that the first run was validated on. InputError when there are no such
    runs, when they are of several scales, or when one was not validated on a domain.
    """
    names = [read_record_of(source.dataset, "dataset").name for source in mix.sources]
    if len(set(names)) < len(names):
        raise InputError(
            f"two sources have the same name, among {', '.join(names)}", hint="curate one to another --out"
        )
    found = {record.id: (folder, record) for folder, record in find_records(folders)}
    used = [
        (folder, run, gave)
        for folder, run in found.values()
        if run.kind == "run" and (gave := _sources(run, found, names)) is not None
    ]
    if not used:
        raise InputError(f"holds no run on a mix of {', '.join(names)}", where=", ".join(map(str, folders)))
    _check_one_scale(used)
    wanted = domains or list(used[0][1].metrics.get("bits_per_byte", {}))
    given = np.array([[gave[name]["tokens"] for name in names] for _, _, gave in used], float)
    return Proxies(
        ids={run.id: folder for folder, run, _ in used},
        sources=names,
        held=np.array([used[0][2][name]["held"] for name in names], float),
        shares=given / given.sum(axis=1, keepdims=True),
        domains=wanted,
        losses=np.array([_losses(run, wanted, folder) for folder, run, _ in used]),
    )


_Used = tuple[str | Path, Record, dict[str, dict[str, float]]]


def _sources(run: Record, found: dict[str, tuple[str | Path, Record]], names: list[str]) -> dict | None:
    """What each source gave to the tokens of a run; None when these are not a mix of the sources."""
    for id_ in run.inputs:
        rows = found[id_][1].metrics.get("sources", []) if id_ in found else []
        if sorted(row["name"] for row in rows) == sorted(names):
            return {row["name"]: row for row in rows}
    return None


def _check_one_scale(used: list[_Used]) -> None:
    scales = {str(run.config["scale"]): below(folder, "record.json") for folder, run, _ in used}
    if len(scales) > 1:
        raise InputError("the runs are of several scales", where=" and ".join(map(str, scales.values())))


def _losses(run: Record, domains: list[str], folder: str | Path) -> list[float]:
    measured = run.metrics.get("bits_per_byte", {})
    missing = [domain for domain in domains if domain not in measured]
    if missing or not domains:
        hint = "train with --set run.validation.DOMAIN=FILE, or search with --held-out into a new folder"
        raise InputError(f"was not validated on {', '.join(missing) or 'any domain'}", where=folder, hint=hint)
    return [measured[domain] for domain in domains]
