"""A week on many machines, simulated: how long a pool of 100,000 shards takes when shards are uneven and machines die.

    python benchmarks/scheduler.py

Three ways to divide the work are compared: every core gets its share beforehand; cores take the next shard when they
are free; the same with the largest shards first (what assay does, on one machine or through Ray). Shards take
log-normal times, one in a hundred ten times as long; machines fail at random, lose what they were doing, and come back.
"Ideal" is all work divided by all cores. Nothing here is measured but the random numbers: it says what the division of
work costs on top of the work, and supports docs/scale.md.
"""

from __future__ import annotations

import heapq
import statistics
from dataclasses import dataclass

import numpy as np
from machine import write_result

SHARDS = 100_000
MEAN_SECONDS = 200.0
SPREAD = 0.35
STRAGGLERS, STRAGGLER_FACTOR = 0.01, 10.0
REBOOT_SECONDS = 900.0
SEEDS = 5


@dataclass(frozen=True)
class Cluster:
    """Machines of so many cores; a machine fails once in so many hours on average."""

    machines: int
    cores: int
    hours_between_failures: float


@dataclass
class Outcome:
    """What a run took: seconds, and core-seconds of work that was lost and done again."""

    makespan: float
    lost: float = 0.0
    failures: int = 0


def shard_seconds(rng: np.random.Generator) -> np.ndarray:
    seconds = rng.lognormal(np.log(MEAN_SECONDS) - SPREAD**2 / 2, SPREAD, SHARDS)
    seconds[rng.random(SHARDS) < STRAGGLERS] *= STRAGGLER_FACTOR
    return seconds


def failure_times(cluster: Cluster, rng: np.random.Generator, until: float) -> list[np.ndarray]:
    """For each machine, when it fails."""
    mean = cluster.hours_between_failures * 3600
    gaps = rng.exponential(mean, (cluster.machines, max(8, int(8 * until / mean) + 8)))
    return list(np.cumsum(gaps + REBOOT_SECONDS, axis=1))


def take_next(seconds: np.ndarray, cluster: Cluster, rng: np.random.Generator) -> Outcome:
    """Cores take the next shard of the list when they are free; a lost shard goes back to the end of the list."""
    failures = failure_times(cluster, rng, 4 * seconds.sum() / (cluster.machines * cluster.cores))
    waiting = list(range(len(seconds)))[::-1]
    free = [(0.0, core) for core in range(cluster.machines * cluster.cores)]
    outcome = Outcome(0.0)
    while waiting:
        now, core = heapq.heappop(free)
        shard = waiting.pop()
        end = now + seconds[shard]
        crash = _next(failures[core // cluster.cores], now)
        if crash < end:
            outcome.lost += crash - now
            outcome.failures += 1
            waiting.insert(0, shard)
            heapq.heappush(free, (crash + REBOOT_SECONDS, core))
        else:
            outcome.makespan = max(outcome.makespan, end)
            heapq.heappush(free, (end, core))
    return outcome


def share_beforehand(seconds: np.ndarray, cluster: Cluster, rng: np.random.Generator) -> Outcome:
    """Core k does the shards k, k + n, k + 2n … whatever happens."""
    cores = cluster.machines * cluster.cores
    failures = failure_times(cluster, rng, 4 * seconds.sum() / cores)
    outcome = Outcome(0.0)
    for core in range(cores):
        now = 0.0
        for shard in range(core, len(seconds), cores):
            crash = _next(failures[core // cluster.cores], now)
            while crash < now + seconds[shard]:
                outcome.lost += crash - now
                outcome.failures += 1
                now = crash + REBOOT_SECONDS
                crash = _next(failures[core // cluster.cores], now)
            now += seconds[shard]
        outcome.makespan = max(outcome.makespan, now)
    return outcome


def _next(failures: np.ndarray, now: float) -> float:
    index = int(np.searchsorted(failures, now, side="right"))
    return float(failures[index]) if index < len(failures) else float("inf")


def simulate(cluster: Cluster) -> dict[str, dict[str, float]]:
    policies = {
        "shares beforehand": lambda seconds, rng: share_beforehand(seconds, cluster, rng),
        "next when free": lambda seconds, rng: take_next(seconds, cluster, rng),
        "next when free, largest first": lambda seconds, rng: take_next(np.sort(seconds)[::-1], cluster, rng),
    }
    return {name: _median(policy, cluster) for name, policy in policies.items()}


def _median(policy, cluster: Cluster) -> dict[str, float]:
    runs = []
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        seconds = shard_seconds(rng)
        runs.append((policy(seconds, rng), seconds.sum()))
    cores = cluster.machines * cluster.cores
    return {
        "hours": statistics.median(run.makespan for run, _ in runs) / 3600,
        "times_ideal": statistics.median(run.makespan * cores / work for run, work in runs),
        "work_done_again": statistics.median(run.lost / work for run, work in runs),
        "units_lost": statistics.median(run.failures for run, _ in runs),
    }


def main() -> None:
    clusters = [Cluster(32, 64, hours) for hours in (1e9, 1000.0, 100.0)] + [Cluster(4, 64, 1000.0)]
    write_result(
        "scheduler",
        {
            "shards": SHARDS,
            "mean_seconds": MEAN_SECONDS,
            "clusters": [
                {
                    "machines": cluster.machines,
                    "cores": cluster.cores,
                    "hours_between_failures_of_a_machine": cluster.hours_between_failures,
                    "policies": simulate(cluster),
                }
                for cluster in clusters
            ],
        },
    )


if __name__ == "__main__":
    main()
