"""What a model makes of tokens: its loss on them, and whether they are what it would have said.

Requests go through the model in batches of similar length; what they share is read once (``prefixes.py``), and logits
exist only for the tokens that are scored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from assay.base.errors import InputError
from assay.evaluation.generating import generate
from assay.evaluation.prefixes import Grove, Tree, plant
from assay.evaluation.task import Request
from assay.tokens.tokenizer import Tokenizer

_BLOCK_TOKENS = 1 << 16
"""Tokens of the requests among which common beginnings are looked for."""
_BATCH_TOKENS = 1 << 13
"""Tokens that go through the model together, at most, unless one row alone has more."""
_BATCH_KEYS = 1 << 15
"""Tokens that they may look at, a trunk counted once a row."""
_LOGITS = 1 << 24
"""Entries of the logits that exist at a time: 64 MiB in float32."""


@dataclass(frozen=True)
class Scored:
    """What a model made of a request."""

    losses: np.ndarray
    """float64, shape (T - first,): the cross-entropy of each scored token, in nats."""
    greedy: bool
    """Whether each scored token is the one that the model holds for the likeliest."""


class Decoder(Protocol):
    """What the scorer needs of a causal language model; ``LanguageModel`` is one."""

    @property
    def output(self) -> nn.Module:
        """The layer from what ``hidden`` gives to logits; its first parameter is (V, D)."""
        ...

    @property
    def branches(self) -> bool:
        """Whether ``hidden`` can read sequences that branch off one another in one row, by mask and positions."""
        ...

    def hidden(
        self, tokens: Tensor, mask: Tensor | None = None, *, positions: Tensor | None = None, cache: Any = None
    ) -> Tensor:
        """As ``LanguageModel.hidden``."""
        ...

    def new_cache(self) -> Any:
        """A ``Cache`` without tokens."""
        ...


class Scorer:
    """A model with its tokenizer, ready to score."""

    def __init__(self, model: Decoder, tokenizer: Tokenizer, context: int, where: object = None):
        self.model = model
        self.tokenizer = tokenizer
        self.context = context
        """Tokens that the model can read at once."""
        self.where = where
        """The run, for error messages."""
        weight = next(model.output.parameters())
        self.device = weight.device
        self._rows = max(1, _LOGITS // len(weight))

    def losses(self, requests: Iterable[Request]) -> Iterator[np.ndarray]:
        """For each request, in order, the cross-entropy of its scored tokens in nats: float64, shape (T - first,)."""
        return (scored.losses for scored in self.score(requests))

    def score(self, requests: Iterable[Request]) -> Iterator[Scored]:
        """For each request, in order, its losses, and whether it is what the model itself would have said.

        InputError when the model gives anything but finite numbers.
        """
        for block in _blocks(requests):
            found: dict[int, Scored] = {}
            for grove in plant(block, self.model.branches):
                found |= self._score_grove(grove, block)
            yield from (found[index] for index in range(len(block)))

    def generate(self, prompts: list[list[int]], max_new_tokens: int, stop: tuple[str, ...] = ()) -> list[str]:
        """What the model goes on with after each prompt; see ``generating.py``."""
        return generate(self, prompts, max_new_tokens, stop)

    @torch.inference_mode()
    def _score_grove(self, grove: Grove, block: list[Request]) -> dict[int, Scored]:
        trunk = self.model.new_cache() if len(grove.trunk) else None
        if trunk is not None:
            self.model.hidden(self._tensor(grove.trunk[None].astype(np.int64)), cache=trunk)
        found: dict[int, Scored] = {}
        for batch in batches([len(tree.tokens) for tree in grove.trees], len(grove.trunk)):
            trees = [grove.trees[index] for index in batch]
            tokens, positions, mask = lay_out(trees, len(grove.trunk))
            hidden = self.model.hidden(
                self._tensor(tokens),
                None if mask is None else self._tensor(mask),
                positions=None if positions is None else self._tensor(positions),
                cache=None if trunk is None else trunk.fork(len(trees)),
            )
            found |= self._judge(hidden, trees, block)
        return found

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(values).to(self.device)

    def _judge(self, hidden: Tensor, trees: list[Tree], block: list[Request]) -> dict[int, Scored]:
        """What was found for the requests of some trees, from the (B, T, D) of their rows."""
        width = hidden.shape[1]
        scored = [(index, places + row * width) for row, tree in enumerate(trees) for index, places in tree.scored]
        targets = np.concatenate([block[index].tokens[block[index].first :] for index, _ in scored])
        losses, greedy = self._cross_entropy(hidden.flatten(0, 1), np.concatenate([p for _, p in scored]), targets)
        if not np.isfinite(losses).all():
            raise InputError(
                "the model's logits are not finite (NaN or infinite)",
                where=self.where,
                hint="the training diverged; its metrics.jsonl shows where",
            )
        ends = np.cumsum([len(places) for _, places in scored])[:-1]
        parts = zip(scored, np.split(losses, ends), np.split(greedy, ends), strict=True)
        return {index: Scored(own, bool(first.all())) for (index, _), own, first in parts}

    def _cross_entropy(self, hidden: Tensor, places: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of each target its loss (float64) and whether it has the largest logit; several may stand at one place."""
        distinct, which = np.unique(places, return_inverse=True)
        losses, greedy = np.zeros(len(places)), np.zeros(len(places), bool)
        for start in range(0, len(distinct), self._rows):
            part = distinct[start : start + self._rows]
            logits = self.model.output(hidden[self._tensor(part)]).float()
            here = np.flatnonzero((which >= start) & (which < start + len(part)))
            rows, wanted = (self._tensor(each[here]) for each in (which - start, targets))
            found = logits.logsumexp(1)[rows] - logits[rows, wanted.long()]
            losses[here] = found.double().cpu().numpy()
            greedy[here] = (logits.argmax(1)[rows] == wanted).cpu().numpy()
        return losses, greedy


def batches(lengths: list[int], trunk: int = 0) -> Iterator[list[int]]:
    """Indices of rows that go through the model together: of similar length, the longest first."""
    waiting = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    while waiting:
        longest = lengths[waiting[0]]
        size = max(1, min(_BATCH_TOKENS // longest, _BATCH_KEYS // (trunk + longest)))
        yield waiting[:size]
        waiting = waiting[size:]


def lay_out(trees: list[Tree], trunk: int = 0) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Rows for the model: tokens (B, T) int64, positions (B, T) int64, and a mask (B, 1, T, trunk + T) bool.

    Rows are filled with zeros on the right: nothing before them changes. Where no tree has branches, positions and mask
    are None: those that a causal model has by itself.
    """
    shape = len(trees), max(len(tree.tokens) for tree in trees)
    tokens = np.zeros(shape, np.int64)
    for row, tree in enumerate(trees):
        tokens[row, : len(tree.tokens)] = tree.tokens
    if all(len(tree.branches) == 1 for tree in trees):
        return tokens, None, None
    positions = np.zeros(shape, np.int64)
    mask = np.zeros((shape[0], 1, shape[1], trunk + shape[1]), bool)
    mask[..., :trunk] = True
    mask[..., trunk:] = np.eye(shape[1], dtype=bool)  # a place that sees nothing would give NaN
    for row, tree in enumerate(trees):
        size = len(tree.tokens)
        positions[row, :size] = tree.positions
        mask[row, 0, :size, trunk : trunk + size] = tree.visible()
    return tokens, positions, mask


def _blocks(requests: Iterable[Request]) -> Iterator[list[Request]]:
    block: list[Request] = []
    size = 0
    for request in requests:
        block.append(request)
        size += len(request.tokens)
        if size >= _BLOCK_TOKENS:
            yield block
            block, size = [], 0
    if block:
        yield block
