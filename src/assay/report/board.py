"""The leaderboard: recipes in order, best first, at each scale.

With a verdict it is the verdict's own; without one it is the mean scores of the evaluations found, and nothing is
said about differences.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from assay.report.contents import Board, RecipeScore
from assay.report.gather import Dataset, Evaluation, Gathered, Run, gather

BITS_PER_BYTE = "bits_per_byte"


@dataclass(frozen=True)
class Leaderboard:
    """The boards of all scales, the verdict's first."""

    sentence: str | None
    """The verdict; None when there is none."""
    method: str | None
    boards: list[Board]


def leaderboard(folders: Iterable[str | Path]) -> Leaderboard:
    """The leaderboard of experiment folders or single artifacts."""
    return leaderboard_of(gather(folders))


def leaderboard_of(gathered: Gathered) -> Leaderboard:
    """The leaderboard of what was gathered."""
    verdict = gathered.verdict
    if verdict:
        return Leaderboard(verdict.sentence, verdict.method, [verdict, *verdict.other_scales])
    runs = {run.id: run for run in gathered.runs} | {each.run.id: each.run for each in gathered.evaluations if each.run}
    scales = dict.fromkeys(run.scale for run in runs.values())
    boards = [_board(scale, list(runs.values()), gathered.evaluations) for scale in scales]
    return Leaderboard(None, None, boards or _untrained(gathered.datasets) or _unlinked(gathered.evaluations))


def _board(scale: str | None, runs: list[Run], evaluations: list[Evaluation]) -> Board:
    groups: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        if run.scale == scale:
            groups[run.recipe].append(run)
    rows = []
    for recipe, group in groups.items():
        ids = {run.id for run in group}
        judged = [each for each in evaluations if each.run and each.run.id in ids]
        rows.append(_row(recipe, group, judged))
    return _ranked(rows, scale)


def _row(recipe: str, runs: list[Run], evaluations: list[Evaluation]) -> RecipeScore:
    funnel = next((run.dataset.funnel for run in runs if run.dataset), None)
    metrics = runs[0].record.metrics if runs else {}
    by_domain = _mean_values(evaluations, BITS_PER_BYTE)
    by_seed = {
        each.run.seed: fmean(scores.values())
        for each in evaluations
        if each.run and (scores := _mean_values([each], BITS_PER_BYTE))
    }
    return RecipeScore(
        recipe=recipe,
        bits_per_byte=fmean(by_domain.values()) if by_domain else None,
        by_domain=by_domain,
        by_seed=by_seed,
        seeds=len(runs),
        tokens=metrics.get("tokens"),
        epochs=metrics.get("epochs"),
        kept_documents=funnel.documents_out if funnel else None,
        kept_bytes=funnel.bytes_out if funnel else None,
        accuracy=_mean_values(evaluations, "accuracy"),
    )


def _mean_values(evaluations: list[Evaluation], metric: str) -> dict[str, float]:
    values: dict[str, list[float]] = defaultdict(list)
    for each in evaluations:
        for result in each.results.tasks:
            if result.metric == metric:
                values[result.task].append(result.value)
    return {task: fmean(found) for task, found in values.items()}


def _ranked(rows: list[RecipeScore], scale: str | None = None) -> Board:
    domains = dict.fromkeys(domain for row in rows for domain in row.by_domain)
    # A mean over other domains would not be comparable.
    rows = [
        row if set(row.by_domain) == set(domains) else row.model_copy(update={"bits_per_byte": None}) for row in rows
    ]
    rows = sorted(rows, key=lambda row: (row.bits_per_byte is None, row.bits_per_byte or 0.0))
    scored = [row for row in rows if row.bits_per_byte is not None]
    return Board(
        scale=scale,
        best=scored[0].recipe if scored else None,
        domains=list(domains),
        recipes=rows,
    )


def _untrained(datasets: list[Dataset]) -> list[Board]:
    """A board of datasets that no run was trained on: only what they kept."""
    rows = [
        RecipeScore(recipe=each.recipe, kept_documents=each.funnel.documents_out, kept_bytes=each.funnel.bytes_out)
        for each in datasets
        if each.funnel
    ]
    return [_ranked(rows)] if rows else []


def _unlinked(evaluations: list[Evaluation]) -> list[Board]:
    """A board of evaluations whose runs are not there."""
    rows = [_row(each.recipe, [], [each]) for each in evaluations]
    return [_ranked(rows)] if rows else []
