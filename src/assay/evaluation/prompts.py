"""Which answered examples stand before a question, and how a continuation is spelled, as llm-foundry 0.9.0 does it.

A prompt is a preamble of answered examples, then the query. The two are tokenised apart, so their border matters:
the delimiter before the query belongs to the query, and the query ends without white space.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from assay.base.fingerprint import fingerprint

FEWSHOT_SEED = 1234
"""llm-foundry's ``fewshot_random_seed``."""


@dataclass(frozen=True)
class Prompt:
    """A question as the model gets it."""

    index: int
    """Of the question in the data."""
    category: str | None
    """None where the task has no categories."""
    preamble: str
    """The prompt string and the answered examples; may be empty."""
    queries: tuple[str, ...]
    """What follows the preamble: one text, or in a schema one for each option."""
    continuations: tuple[str, ...]
    """What may follow the query: the choices, the one continuation, or the answers that are right."""
    gold: int | None
    """Index of the right choice; None where answers are generated."""

    @property
    def hash(self) -> str:
        """16 hex digits that tell prompts apart: two models were asked the same where these are the same."""
        return fingerprint([self.preamble, self.queries, self.continuations])[:16]

    def pairs(self) -> list[tuple[str, str]]:
        """Every query with the continuation that is scored after it."""
        return [(query, text) for query in self.queries for text in self.continuations]


def choose_examples(count: int, shots: int, seed: int = FEWSHOT_SEED) -> Iterator[list[int]]:
    """For each of ``count`` questions the indices of its examples, in the reference's order.

    That order is the iteration order of a Python set of ints, which is the same in every CPython.
    """
    rng = random.Random(seed)  # noqa: S311 - the reference's generator, nothing secret
    for index in range(count):
        yield list(_choose(count, shots, index, rng)) if shots else []


def _choose(count: int, shots: int, index: int, rng: random.Random) -> set[int]:
    chosen = set(rng.sample(range(count), min(count - 1, shots)))
    if index in chosen:
        chosen.remove(index)
        other = rng.choice(range(count))
        while other == index or other in chosen:
            other = rng.choice(range(count))
        chosen.add(other)
    return chosen


def with_leading_space(text: str) -> str:
    """A continuation as it is tokenised where the tokenizer has " a" as one token."""
    return text if text.startswith(" ") else f" {text}"
