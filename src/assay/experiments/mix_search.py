"""Which mix of sources to train on: proposed by a mixing law of small runs, beside the mix proportional to size.

A run's seed is not varied: the scatter of the law about the runs stands for all noise. Intervals are of refits under
random weights of the runs; they do not cover that a larger model may like another mix.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from assay.base.errors import InputError
from assay.base.files import is_remote, write_bytes
from assay.experiments.mix_runs import Proxies
from assay.experiments.trial import CONFIDENCE
from assay.records.artifact import Identity, build, finished
from assay.records.record import Record, read_record
from assay.scaling.mixing_law import MixingLaw, leave_one_out, redraw
from assay.tokens.mix import EPOCHS_AS_GOOD_AS_NEW, Mix, Source

MIX_NAME = "mix.yaml"
DRAWS = 200
"""Refits for the intervals."""
_NEGLIGIBLE = 1e-3
"""A share below which a source is left out of the proposal."""


@dataclass(frozen=True)
class Share:
    """A source in the proposed mix; all are shares of the tokens."""

    source: str
    share: float
    interval: tuple[float, float]
    proportional: float
    """Of the baseline."""


@dataclass(frozen=True)
class Forecast:
    """A held-out domain, in bits per byte."""

    domain: str
    loss: float
    """Of the proposed mix."""
    proportional: float
    """Of the baseline, by the law."""
    gain: float
    interval: tuple[float, float]
    """Of the gain."""
    left_out_error: float
    """Mean absolute error on runs that were left out of the fit."""
    no_law_error: float
    """The same when the mean of the other runs is the forecast."""


@dataclass(frozen=True)
class Proposal:
    """What a search found."""

    runs: int
    shares: list[Share]
    forecasts: list[Forecast]
    """The domains, and at the end their mean."""

    def to_json(self) -> dict[str, Any]:
        """For reports and the record."""
        return asdict(self)


def propose(proxies: Proxies, tokens: float | None = None, seed: int = 0) -> Proposal:
    """The mix with the least mean loss over the domains.

    With ``tokens``, of the training it is meant for, no source comes more often than four times. InputError when there
    are too few runs to leave one out.
    """
    shares, losses = proxies.shares, proxies.losses
    if len(shares) < shares.shape[1] + 2:
        hint = "make more runs, at least twice as many as sources"
        raise InputError(f"{len(shares)} runs of {shares.shape[1]} sources leave none to test the law on", hint=hint)
    most = _most(proxies.held, tokens)
    proportional = proxies.held / proxies.held.sum()
    law = MixingLaw.fit(shares, losses)
    best = law.best(most)
    draws = list(redraw(law, shares, losses, DRAWS, seed))
    drawn = np.array([each.best(most) for each in draws])
    return Proposal(
        len(shares),
        [
            Share(*row)
            for row in zip(proxies.sources, best.tolist(), _intervals(drawn), proportional.tolist(), strict=True)
        ],
        _forecasts(proxies, law, draws, best, proportional),
    )


def _most(held: np.ndarray, tokens: float | None) -> np.ndarray:
    if tokens is None:
        return np.ones(len(held))
    return np.minimum(1.0, EPOCHS_AS_GOOD_AS_NEW * held / tokens)


def _forecasts(
    proxies: Proxies, law: MixingLaw, draws: list[MixingLaw], best: np.ndarray, proportional: np.ndarray
) -> list[Forecast]:
    losses = _and_mean(proxies.losses)
    errors = np.abs(_and_mean(leave_one_out(proxies.shares, proxies.losses)) - losses).mean(axis=0)
    others = (losses.sum(axis=0) - losses) / (len(losses) - 1)
    plain = np.abs(others - losses).mean(axis=0)
    reached, baseline = _and_mean(law.predict(np.stack([best, proportional])))
    gains = np.array([np.subtract(*_and_mean(each.predict(np.stack([proportional, best])))) for each in draws])
    columns = (reached, baseline, baseline - reached, np.array(_intervals(gains)), errors, plain)
    return [
        Forecast(domain, float(loss), float(base), float(gain), (float(ends[0]), float(ends[1])), float(off), float(no))
        for domain, loss, base, gain, ends, off, no in zip([*proxies.domains, "mean"], *columns, strict=True)
    ]


def _and_mean(losses: np.ndarray) -> np.ndarray:
    """Losses (n, D) with their mean over the domains as one more column."""
    return np.column_stack([losses, losses.mean(axis=1)])


def _intervals(draws: np.ndarray) -> list[tuple[float, float]]:
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(draws, [tail, 1 - tail], axis=0)
    return list(zip(low.tolist(), high.tolist(), strict=True))


def search(mix: Mix, proxies: Proxies, out: Path, seed: int = 0) -> Record:
    """Propose a mix and leave ``mix.yaml`` at ``out``, its forecasts in the record; made from the runs."""
    config = {"domains": proxies.domains, "sources": proxies.sources, "tokens": mix.tokens, "seed": seed}
    identity = Identity("mix", out.name, config, proxies.ids)
    record = finished(out, identity)
    if record is not None:
        return record
    proposal = propose(proxies, mix.tokens, seed)
    with build(out, identity) as draft:
        write_bytes(draft.folder / MIX_NAME, _written(mix, proposal).encode())
        draft.metrics.update(proposal.to_json())
    return read_record(out)


def _written(mix: Mix, proposal: Proposal) -> str:
    sources = [
        {"dataset": _absolute(source), "weight": round(found.share, 4)}
        for source, found in zip(mix.sources, proposal.shares, strict=True)
        if found.share > _NEGLIGIBLE
    ]
    tokens = {} if mix.tokens is None else {"tokens": int(mix.tokens)}
    return yaml.safe_dump(tokens | {"sources": sources}, sort_keys=False)


def _absolute(source: Source) -> str:
    return source.dataset if is_remote(source.dataset) else str(Path(source.dataset).resolve())
