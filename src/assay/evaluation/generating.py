"""Greedy generation, as llm-foundry 0.9.0 generates for DCLM, in batches and with a cache of keys and values.

The reference goes on with a batch until all of it has stopped, and cuts the answers afterwards; here every sequence
stops for itself. The text up to the first stop string, which alone counts, is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from assay.evaluation.scoring import Scorer

_BATCH_TOKENS = 1 << 13
"""Tokens of prompts and answers that are held at a time, unless one sequence alone has more."""


def generate(scorer: Scorer, prompts: list[list[int]], max_new_tokens: int, stop: tuple[str, ...]) -> list[str]:
    """The likeliest next token, again and again, after each prompt: the text without the prompt.

    It ends with the token after which one of the ``stop`` strings stands in the text, before an end-of-text token, or
    after ``max_new_tokens``. Equal prompts are answered once.
    """
    waiting = sorted(set(map(tuple, prompts)), key=len, reverse=True)
    answers: dict[tuple[int, ...], str] = {}
    while waiting:
        size = max(1, _BATCH_TOKENS // (len(waiting[0]) + max_new_tokens))
        batch, waiting = waiting[:size], waiting[size:]
        answers |= zip(batch, _Answers(scorer, batch, stop).generate(max_new_tokens), strict=True)
    return [answers[tuple(prompt)] for prompt in prompts]


class _Answers:
    """The answers to a batch of prompts, as far as they are known."""

    def __init__(self, scorer: Scorer, prompts: list[tuple[int, ...]], stop: tuple[str, ...]):
        self.scorer = scorer
        self.prompts = prompts
        self.stop = stop
        self.tail = 1 + max((len(scorer.tokenizer.encode(text)) for text in stop), default=0)
        """Tokens in which a stop string that has just been completed is looked for, as in the reference."""
        self.ids: list[list[int]] = [[] for _ in prompts]

    @torch.inference_mode()
    def generate(self, limit: int) -> list[str]:
        model, device = self.scorer.model, self.scorer.device
        cache = model.new_cache()
        running = torch.arange(len(self.prompts))
        tokens, seen = _right_aligned(self.prompts)
        tokens, seen = tokens.to(device), seen.to(device)
        hidden = _read(model, tokens, seen, cache)
        for step in range(limit):
            chosen = model.output(hidden[:, -1]).float().argmax(-1)
            rows = zip(running.tolist(), chosen.tolist(), strict=True)
            goes_on = torch.tensor([self._add(row, token) for row, token in rows])
            if step + 1 == limit or not goes_on.any():
                break
            if not goes_on.all():
                kept = goes_on.nonzero()[:, 0].to(device)
                running, chosen, seen = running[goes_on], chosen[kept], seen[kept]
                cache.select(kept)
            seen = torch.cat((seen, seen.new_ones(len(seen), 1)), dim=1)
            hidden = _read(model, chosen[:, None], seen, cache)
        return [self.scorer.tokenizer.decode(ids) for ids in self.ids]

    def _add(self, row: int, token: int) -> bool:
        """Add a token to an answer; whether the answer goes on."""
        if token == self.scorer.tokenizer.end_of_text:
            return False
        self.ids[row].append(token)
        end = self.scorer.tokenizer.decode(self.ids[row][-self.tail :])
        return not any(text in end for text in self.stop)


def _right_aligned(prompts: list[tuple[int, ...]]) -> tuple[Tensor, Tensor]:
    """Prompts as (B, T) int64 with zeros on the left, and where they stand, (B, T) bool."""
    longest = max(map(len, prompts))
    rows = [[0] * (longest - len(prompt)) + list(prompt) for prompt in prompts]
    places = torch.arange(longest) >= longest - torch.tensor([[len(prompt)] for prompt in prompts])
    return torch.tensor(rows, dtype=torch.int64), places


def _read(model: Any, tokens: Tensor, seen: Tensor, cache: Any) -> Tensor:
    """The model's hidden states of the last T tokens (B, T), of which ``seen`` (B, S) says what was no filling."""
    count, total = tokens.shape[1], seen.shape[1]
    positions = (seen.long().cumsum(1) - 1).clamp(min=0)[:, -count:]
    causal = torch.ones(count, total, dtype=torch.bool, device=seen.device).tril(total - count)
    itself = torch.eye(total, dtype=torch.bool, device=seen.device)[-count:]  # filling that sees nothing gives NaN
    return model.hidden(tokens, (seen[:, None, None] & causal) | itself, positions=positions, cache=cache)
