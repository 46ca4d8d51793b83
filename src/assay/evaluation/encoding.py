"""Prompts to token ids, with the borders and the limits of llm-foundry 0.9.0 (``in_context_learning_evaluation.py``).

Preamble, query and continuation are each tokenised by themselves, and their ids joined.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from assay.evaluation.prompts import Prompt, with_leading_space
from assay.evaluation.task import Request
from assay.tokens.tokenizer import Tokenizer

_BLOCK = 256
"""Prompts that are tokenised together: enough for all cores."""


def takes_leading_space(tokenizer: Tokenizer) -> bool:
    """Whether continuations are tokenised with a space before them: where the tokenizer has " a" as one token."""
    return len(tokenizer.encode(" a")) == 1


def encode_contexts(prompts: Sequence[Prompt], tokenizer: Tokenizer) -> Iterator[list[list[int]]]:
    """For each prompt, the ids of its preamble with each of its queries.

    The special tokens that the tokenizer adds come at the very beginning. Where there is nothing to read (the reference
    then scores the first token of a continuation by garbage) it is an end of text.
    """
    for start in range(0, len(prompts), _BLOCK):
        block = prompts[start : start + _BLOCK]
        preambles = tokenizer.encode_batch([prompt.preamble for prompt in block], special_tokens=True)
        queries = iter(tokenizer.encode_batch([query for prompt in block for query in prompt.queries]))
        for prompt, preamble in zip(block, preambles, strict=True):
            before = _without_end(preamble, tokenizer)
            yield [[*before, *next(queries)] or [tokenizer.end_of_text] for _ in prompt.queries]


def _without_end(preamble: list[int], tokenizer: Tokenizer) -> list[int]:
    """The ids without the end of text that some tokenizers add: the query follows."""
    return preamble[:-1] if len(preamble) > 1 and preamble[-1] == tokenizer.end_of_text else preamble


def encode_continuations(prompts: Sequence[Prompt], tokenizer: Tokenizer) -> Iterator[list[list[int]]]:
    """For each prompt, the ids of each of its continuations."""
    spell = with_leading_space if takes_leading_space(tokenizer) else str
    for start in range(0, len(prompts), _BLOCK):
        block = prompts[start : start + _BLOCK]
        ids = iter(tokenizer.encode_batch([spell(text) for prompt in block for text in prompt.continuations]))
        for prompt in block:
            yield [next(ids) for _ in prompt.continuations]


def request(before: list[int], after: list[int], limit: int) -> Request:
    """A continuation after its prompt, of which the beginning is cut so that both fit into ``limit`` tokens.

    Of a continuation that is too long by itself (the reference then fails) the end is cut.
    """
    after = after[: limit - 1]
    kept = before[-(limit - len(after)) :]
    return Request(np.array([*kept, *after], np.int32), len(kept))
