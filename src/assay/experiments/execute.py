"""Make the stages of a plan that are not there yet."""

from __future__ import annotations

from collections import defaultdict
from functools import partial

from assay.base.parallel import cpu_count, run_parallel
from assay.base.progress import log, progress
from assay.experiments import make
from assay.experiments.plan import Plan, Stage

_BEFORE_TRAINING = ("dataset", "tokenizer", "tokens")


def execute(plan: Plan, workers: int) -> int:
    """Make what is missing; returns how many stages were made.

    Data stages come one after the other, each with all workers; then the trials, side by side; then the verdict.
    """
    missing = [stage for stage in plan.stages if not stage.done]
    if any(stage.kind == "evaluation" for stage in missing):
        make.check(plan.suite)
    _make_in_turn([stage for kind in _BEFORE_TRAINING for stage in missing if stage.kind == kind], workers)
    _make_trials(missing, workers, _threads(plan))
    _make_in_turn([stage for stage in missing if stage.kind == "verdict"], workers)
    return len(missing)


def _threads(plan: Plan) -> int:
    """Threads of a run: by the plan and the machine, not by what is left to do, so that resuming changes no bit."""
    return max(1, cpu_count() // len(plan.trials))


def _make_in_turn(stages: list[Stage], workers: int) -> None:
    for stage in stages:
        log(f"{stage.kind}: {stage.label}")
        stage.make(workers)


def _make_trials(missing: list[Stage], workers: int, threads: int) -> None:
    """Train and evaluate: one process makes both for a trial."""
    trials: dict[str, list[Stage]] = defaultdict(list)
    for stage in missing:
        if stage.kind in ("run", "evaluation"):
            trials[stage.label].append(stage)
    if not trials:
        return
    log(f"train and evaluate: {len(trials)} runs, {min(workers, len(trials))} at a time")
    labels = list(trials)
    with progress("train and evaluate", len(trials), "runs") as bar:
        for index, _ in run_parallel(partial(_make_all, threads=threads), list(trials.values()), workers):
            bar.advance(note=labels[index])


def _make_all(stages: list[Stage], threads: int) -> None:
    for stage in stages:
        stage.make(threads)
