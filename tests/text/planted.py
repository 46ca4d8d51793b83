"""Documents with near-duplicates of a known Jaccard similarity planted among them."""

from __future__ import annotations

import numpy as np

WORDS = 300


def planted(similarity: float, pairs: int, seed: int, ngram: int = 5) -> tuple[list[str], list[float]]:
    """Texts, of which 2k and 2k + 1 are a pair of about that similarity, and the exact one of each pair's shingles."""
    generator = np.random.default_rng(seed)
    texts, exact = [], []
    for _ in range(pairs):
        original = [f"w{number}" for number in generator.integers(0, 50_000, WORDS)]
        shared = 2 * similarity / (1 + similarity)  # share of the shingles that both have
        changes = round(WORDS * (1 - shared) / ngram)  # each spoils so many shingles
        copy = list(original)
        for place in generator.choice(np.arange(ngram, WORDS - ngram, ngram), changes, replace=False):
            copy[place] = f"x{generator.integers(0, 50_000)}"
        texts += [" ".join(original), " ".join(copy)]
        exact.append(jaccard(original, copy, ngram))
    return texts, exact


def shingles(words: list[str], ngram: int) -> set[tuple[str, ...]]:
    """All windows of so many words, or all words of a shorter document."""
    size = min(ngram, len(words))
    return {tuple(words[i : i + size]) for i in range(len(words) - size + 1)} if words else set()


def jaccard(a: list[str], b: list[str], ngram: int) -> float:
    """The similarity of two lists of words."""
    first, second = shingles(a, ngram), shingles(b, ngram)
    return len(first & second) / len(first | second) if first | second else 0.0
