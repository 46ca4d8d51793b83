"""Intervals of a paired difference in bits per byte, over seeds and held-out documents.

Hierarchical bootstrap. Documents are drawn with replacement within every domain, the same for both recipes (paired).
Runs: what is left of a run's score when its recipe's mean and its seed's mean are taken away is the noise of training;
these residuals are drawn with replacement. There are few seeds, so residuals are pooled over all recipes of the
comparison (two or three runs can agree by chance), scaled to be unbiased, and stretched from the normal to the t
distribution with (R - 1)(S - 1) degrees of freedom. With one seed the interval covers the documents only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit

from assay.experiments.trial import CONFIDENCE, DRAWS


@dataclass(frozen=True)
class DomainScores:
    """Bits of every held-out document of one domain under every run of one recipe."""

    bits: np.ndarray
    """float64, shape (seeds, documents)."""
    bytes: np.ndarray
    """float64, shape (documents,)."""

    def bits_per_byte(self) -> np.ndarray:
        """Bits per byte of the domain by seed."""
        return self.bits.sum(axis=1) / self.bytes.sum()


Scores = Mapping[str, list[DomainScores]]
"""Recipe → its scores in each domain; the same domains, seeds and documents for all recipes."""


@dataclass(frozen=True)
class Interval:
    """A difference and its confidence interval, in bits per byte."""

    difference: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """For the first recipe against the second: lower bits per byte are better."""
        if self.high < 0:
            return "better"
        return "worse" if self.low > 0 else "no difference"


def paired_interval(
    scores: Scores, first: str, second: str, confidence: float = CONFIDENCE, draws: int = DRAWS
) -> Interval:
    """The interval of the score of ``first`` minus that of ``second``, each the mean over domains."""
    rng = np.random.default_rng(0)
    means = overall(scores)
    centre = float((means[first] - means[second]).mean())
    by_document = _document_deviations(scores[first], scores[second], rng, draws)
    by_run = _run_deviations(means, rng, draws, confidence)
    tail = (1 - confidence) / 2
    low, high = centre + np.quantile(by_document + by_run, [tail, 1 - tail])
    return Interval(centre, float(low), float(high))


def overall(scores: Scores) -> dict[str, np.ndarray]:
    """Recipe → bits per byte by seed, the mean over domains."""
    return {
        recipe: np.mean([domain.bits_per_byte() for domain in domains], axis=0) for recipe, domains in scores.items()
    }


def _document_deviations(
    first: list[DomainScores], second: list[DomainScores], rng: np.random.Generator, draws: int
) -> np.ndarray:
    total = np.zeros(draws)
    for a, b in zip(first, second, strict=True):
        difference = (a.bits - b.bits).mean(axis=0)
        documents = len(a.bytes)
        weights = rng.multinomial(documents, np.full(documents, 1 / documents), size=draws)
        total += (weights @ difference) / (weights @ a.bytes) - difference.sum() / a.bytes.sum()
    return total / len(first)


def _run_deviations(
    means: dict[str, np.ndarray], rng: np.random.Generator, draws: int, confidence: float
) -> np.ndarray:
    """Deviations of the difference of two recipes' means, from the noise between runs."""
    values = np.array(list(means.values()))
    recipes, seeds = values.shape
    freedom = (recipes - 1) * (seeds - 1)
    if freedom == 0:
        return np.zeros(draws)
    residuals = values - values.mean(axis=0) - values.mean(axis=1, keepdims=True) + values.mean()
    residuals *= np.sqrt(values.size / freedom)
    drawn = rng.choice(residuals.ravel(), size=(2, draws, seeds)).mean(axis=2)
    return (drawn[0] - drawn[1]) * _stretch(freedom, confidence)


def _stretch(freedom: int, confidence: float) -> float:
    """How much wider the t distribution is than the normal."""
    quantile = (1 + confidence) / 2
    return float(stdtrit(freedom, quantile) / ndtri(quantile))
