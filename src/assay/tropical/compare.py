"""How far a smaller network says what the larger one does: decisions, ranking, kept set, and speed."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import numpy as np
from scipy.stats import rankdata

from assay.base.errors import InputError
from assay.tropical.network import Network

KEEP = 0.1
"""Share of samples that a filter keeps: DCLM-Baseline keeps the best tenth (section 4.4 of its paper)."""
_RUNS = 5


@dataclass(frozen=True)
class Comparison:
    """A smaller network beside the one it comes from, on the same samples."""

    agreement: float
    """Share of samples with the same class; for one output, with the same decision at the keep rate."""
    error: float
    """Root mean square of the change of the outputs, relative to their spread."""
    spearman: float
    """Rank correlation of the outputs; the mean over outputs."""
    overlap: float | None
    """For one output: the share of the kept samples that is kept by both, each with its own threshold."""
    accuracy: tuple[float, float] | None
    """With labels and several outputs: before and after."""
    auc: tuple[float, float] | None
    """With labels and one output: the area under the ROC curve before and after."""


def compare(
    before: Network, after: Network, data: np.ndarray, labels: np.ndarray | None = None, keep: float = KEEP
) -> Comparison:
    """Both on ``data``, shape (samples, inputs); ``labels``, shape (samples,), are classes, or 0 and 1 for one output.

    InputError where the labels are of another number, or the keep rate is not between 0 and 1.
    """
    if not 0 < keep < 1:
        raise InputError(f"a keep rate of {keep}", where="keep", hint="a number between 0 and 1")
    if labels is not None and labels.shape != (len(data),):
        raise InputError(f"labels of shape {labels.shape} for {len(data):,} samples")
    a, b = before(data).astype(np.float64), after(data).astype(np.float64)
    one = before.outputs == 1
    decided = [top(scores[:, 0], keep) if one else scores.argmax(axis=1) for scores in (a, b)]
    return Comparison(
        agreement=float((decided[0] == decided[1]).mean()),
        error=float(np.sqrt(((a - b) ** 2).sum() / max(((a - a.mean(axis=0)) ** 2).sum(), np.finfo(float).tiny))),
        spearman=float(np.mean([_spearman(x, y) for x, y in zip(a.T, b.T, strict=True)])),
        overlap=float((decided[0] & decided[1]).sum() / decided[0].sum()) if one else None,
        accuracy=None if one or labels is None else (accuracy(a, labels), accuracy(b, labels)),
        auc=(auc(a[:, 0], labels), auc(b[:, 0], labels)) if one and labels is not None else None,
    )


def top(scores: np.ndarray, keep: float) -> np.ndarray:
    """Which samples a filter keeps: the best share, the earlier of equal ones; at least one."""
    kept = np.zeros(len(scores), dtype=bool)
    kept[np.argsort(-scores, kind="stable")[: max(1, round(keep * len(scores)))]] = True
    return kept


def accuracy(outputs: np.ndarray, labels: np.ndarray) -> float:
    """Share of samples whose largest output is that of their class."""
    return float((outputs.argmax(axis=1) == labels).mean())


def auc(scores: np.ndarray, labels: np.ndarray) -> float:
    """Chance that a sample of label 1 scores above one of label 0; NaN without samples of both."""
    good = labels > 0
    pairs = int(good.sum()) * int((~good).sum())
    if not pairs:
        return float("nan")
    ranks = rankdata(scores)[good].sum()
    return float((ranks - good.sum() * (good.sum() + 1) / 2) / pairs)


def _spearman(first: np.ndarray, second: np.ndarray) -> float:
    ranks = np.array([rankdata(first), rankdata(second)])
    ranks -= ranks.mean(axis=1, keepdims=True)
    size = np.sqrt((ranks**2).sum(axis=1).prod())
    return float(ranks[0] @ ranks[1] / size) if size else float((first == second).all())


def samples_per_second(network: Network, data: np.ndarray) -> float:
    """Measured: the best of a few runs over the data."""
    times = []
    for _ in range(_RUNS):
        start = perf_counter()
        network(data)
        times.append(perf_counter() - start)
    return len(data) / min(times)
