"""Few-shot prompts, word for word as llm-foundry 0.9.0 builds them for DCLM's tasks (``in_context_learning.datasets``).

A prompt is a preamble of answered examples, then the query. The two are tokenised apart, so their border matters:
the newline before the query belongs to the query, and the query ends without white space.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

_SEED = 1234
_EXAMPLE_DELIMITER = "\n"


def build_prompts(questions: list[str], answers: list[str], shots: int, delimiter: str) -> Iterator[tuple[str, str]]:
    """The preamble and the query of every question of a task (or of a category, which is a task of its own).

    An example is question + delimiter + answer. ``answers`` are those of the same questions; a question is never an
    example of itself.
    """
    for index, chosen in enumerate(choose_examples(len(questions), shots)):
        preamble = _EXAMPLE_DELIMITER.join(questions[other] + delimiter + answers[other] for other in chosen)
        query = questions[index] + delimiter
        yield preamble, (_EXAMPLE_DELIMITER + query if preamble else query).rstrip()


def choose_examples(count: int, shots: int) -> Iterator[list[int]]:
    """For each of ``count`` questions the indices of its examples, in the reference's order.

    That order is the iteration order of a Python set of ints, which is the same in every CPython.
    """
    rng = random.Random(_SEED)  # noqa: S311 - the reference's generator, nothing secret
    for index in range(count):
        chosen = set(rng.sample(range(count), min(count - 1, shots)))
        if index in chosen:
            chosen.remove(index)
            other = rng.choice(range(count))
            while other == index or other in chosen:
                other = rng.choice(range(count))
            chosen.add(other)
        yield list(chosen)
