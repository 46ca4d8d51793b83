"""The loss of tokens under a model, in batches of similar length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from assay.base.errors import InputError
from assay.evaluation.task import Request
from assay.models.language import LanguageModel
from assay.tokens.tokenizer import Tokenizer

_BLOCK = 256
"""Requests that are sorted by length together."""
_BATCH_TOKENS = 1 << 13
"""Tokens that go through the model together, at most, unless one request alone has more."""
_LOGITS = 1 << 24
"""Entries of the logits that exist at a time: 64 MiB in float32."""


@dataclass(frozen=True)
class Scored:
    """What a model made of a request."""

    losses: np.ndarray
    """float64, shape (T - first,): the cross-entropy of each scored token, in nats."""
    greedy: bool
    """Whether each scored token is the one that the model holds for the likeliest."""


class Scorer:
    """A model with its tokenizer, ready to score."""

    def __init__(self, model: LanguageModel, tokenizer: Tokenizer, context: int, where: object = None):
        self.model = model
        self.tokenizer = tokenizer
        self.context = context
        """Tokens that the model can read at once."""
        self.where = where
        """The run, for error messages."""
        self._device = model.output.weight.device
        self._rows = max(1, _LOGITS // len(model.output.weight))

    def losses(self, requests: Iterable[Request]) -> Iterator[np.ndarray]:
        """For each request, in order, the cross-entropy of its scored tokens in nats: float64, shape (T - first,)."""
        return (scored.losses for scored in self.score(requests))

    def score(self, requests: Iterable[Request]) -> Iterator[Scored]:
        """For each request, in order, what the model makes of its scored tokens.

        InputError when the model gives anything but finite numbers.
        """
        waiting = iter(requests)
        while block := list(islice(waiting, _BLOCK)):
            yield from self._score_block(block)

    def _score_block(self, block: list[Request]) -> list[Scored]:
        scored: dict[int, Scored] = {}
        for indices in batches([len(request.tokens) for request in block]):
            found = self._score_batch([block[index] for index in indices])
            scored.update(zip(indices, found, strict=True))
        return [scored[index] for index in range(len(block))]

    @torch.inference_mode()
    def _score_batch(self, batch: list[Request]) -> list[Scored]:
        tokens = _padded(batch).to(self._device)
        places = [(row, column) for row, request in enumerate(batch) for column in _scored(request)]
        rows, columns = torch.tensor(places, device=self._device).T
        hidden = self.model.hidden(tokens[:, :-1])[rows, columns]  # logits only where they are scored
        targets = tokens[rows, columns + 1]
        parts = zip(hidden.split(self._rows), targets.split(self._rows), strict=True)
        found = [self._compare(part, wanted) for part, wanted in parts]
        losses, likeliest = (torch.cat(each) for each in zip(*found, strict=True))
        if not torch.isfinite(losses).all():
            raise InputError(
                "the model's logits are not finite (NaN or infinite)",
                where=self.where,
                hint="the training diverged; its metrics.jsonl shows where",
            )
        ends = np.cumsum([len(_scored(request)) for request in batch])[:-1]
        pieces = (np.split(each.cpu().numpy(), ends) for each in (losses.double(), likeliest))
        return [Scored(nats, bool(first.all())) for nats, first in zip(*pieces, strict=True)]

    def _compare(self, hidden: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """The cross-entropy of targets, and whether each is the likeliest token: both of shape (targets,)."""
        logits = self.model.output(hidden).float()
        return functional.cross_entropy(logits, targets, reduction="none"), logits.argmax(-1) == targets


def batches(lengths: list[int]) -> Iterator[list[int]]:
    """Indices of requests that go through the model together: of similar length, the longest first."""
    waiting = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    while waiting:
        size = max(1, _BATCH_TOKENS // lengths[waiting[0]])
        yield waiting[:size]
        waiting = waiting[size:]


def _scored(request: Request) -> range:
    """Positions whose logits predict the scored tokens."""
    return range(request.first - 1, len(request.tokens) - 1)


def _padded(batch: list[Request]) -> Tensor:
    """(B, T) int64, zeros on the right: in a causal model nothing before them changes."""
    padded = np.zeros((len(batch), max(len(request.tokens) for request in batch)), np.int64)
    for row, request in enumerate(batch):
        padded[row, : len(request.tokens)] = request.tokens
    return torch.from_numpy(padded)
