"""Requests that begin alike, laid out so that a model reads what they share once.

A *tree* is a row of tokens for one pass of the model: a request, and after it what each further request adds where it
branches off. A token may look at its ancestors only, and stands at its own request's position, so that the row gives
what each request alone would. Trees that themselves begin alike form a *grove*: their common beginning, the trunk, is
read before them, once, and its keys and values are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from assay.evaluation.task import Request

_TRUNK = 128
"""Tokens that a trunk has at least: a pass of the model by itself for fewer would cost more than it saves."""
_TREE = 256
"""Tokens that a tree may always have; a larger one has at most twice those of its longest request, for the attention
among branches that do not see each other is computed in vain."""
_SHARED = 0.4
"""Part of a request that must be shared for it to join a tree rather than to be a row of its own."""


@dataclass(frozen=True)
class Tree:
    """One row for the model, after the trunk of its grove."""

    tokens: np.ndarray
    """int32, shape (T,)."""
    positions: np.ndarray
    """int64, shape (T,): of each token in its request."""
    branches: list[tuple[int, int, int]]
    """Of each run of tokens its start and end in the row, and the place of the token before it (-1: none)."""
    scored: list[tuple[int, np.ndarray]]
    """The index of each request, and the places in the row whose logits predict its scored tokens."""

    def visible(self) -> np.ndarray:
        """Which places each place may look at: bool, shape (T, T)."""
        seen = np.zeros((len(self.tokens), len(self.tokens)), bool)
        for start, end, before in self.branches:
            if before >= 0:
                seen[start:end] = seen[before]
            seen[start:end, start:end] = np.tri(end - start, dtype=bool)
        return seen


@dataclass(frozen=True)
class Grove:
    """Trees that begin with the same tokens."""

    trunk: np.ndarray
    """int32, shape (P,); empty when they share nothing that is worth a pass of its own."""
    trees: list[Tree]


def plant(requests: list[Request], share: bool = True) -> Iterator[Grove]:
    """Every request in one tree; all trees without a trunk are the last grove. Without ``share`` each is a tree by itself.

    Of requests that are wholly contained in another nothing remains to be read.
    """
    order = sorted(range(len(requests)), key=lambda index: requests[index].tokens.astype(">i4").tobytes())
    shared = [0, *(_common(requests[a], requests[b]) if share else 0 for a, b in pairwise(order))]
    alone: list[tuple[int, int]] = []
    for start, end in _groups(shared):
        group = list(zip(order[start:end], shared[start:end], strict=True))
        trunk = _trunk([requests[index] for index in order[start:end]], shared[start:end])
        if trunk:
            yield Grove(requests[order[start]].tokens[:trunk], _trees(requests, group, trunk))
            if end < len(shared):
                shared[end] = 0  # what comes next follows other requests now
        else:
            alone += group
    if alone:
        yield Grove(np.zeros(0, np.int32), _trees(requests, alone))


def _common(a: Request, b: Request) -> int:
    """How many of the tokens that are read two requests begin with together."""
    length = min(len(a.tokens), len(b.tokens)) - 1
    different = np.flatnonzero(a.tokens[:length] != b.tokens[:length])
    return int(different[0]) if len(different) else length


def _groups(shared: list[int]) -> Iterator[tuple[int, int]]:
    """Runs of requests each of which shares enough for a trunk with the one before it."""
    starts = [index for index, common in enumerate(shared) if common < _TRUNK]
    return pairwise([*starts, len(shared)])


def _trunk(requests: list[Request], shared: list[int]) -> int:
    """Tokens of the trunk of a group, 0 where it is not worth it: no longer than what follows, nor scored."""
    if len(requests) == 1:
        return 0
    trunk = min(*shared[1:], *(request.first - 1 for request in requests))
    added = sum(len(request.tokens) - 1 - common for request, common in zip(requests, shared, strict=True)) + shared[0]
    return trunk if _TRUNK <= trunk < added - trunk else 0


def _trees(requests: list[Request], group: list[tuple[int, int]], trunk: int = 0) -> list[Tree]:
    """Trees of requests in the order of their tokens, each given with what it shares with the one before it."""
    trees: list[_Growing] = []
    for index, common in group:
        request = requests[index]
        if trees and trees[-1].takes(len(request.tokens) - 1 - trunk, common - trunk):
            trees[-1].add(index, request, common - trunk)
        else:
            trees.append(_Growing(trunk))
            trees[-1].add(index, request, 0)
    return [tree.grown() for tree in trees]


class _Growing:
    """A tree to which requests are added in the order of their tokens."""

    def __init__(self, trunk: int):
        self.trunk = trunk
        self.size = self.longest = 0
        self.path = np.zeros(0, np.int64)
        self.pieces: list[np.ndarray] = []
        self.positions: list[np.ndarray] = []
        self.branches: list[tuple[int, int, int]] = []
        self.scored: list[tuple[int, np.ndarray]] = []

    def takes(self, length: int, common: int) -> bool:
        """Whether a request of ``length`` tokens, ``common`` with the last one, is better here than in a new tree."""
        size = self.size + length - common
        return common >= _SHARED * length and size <= max(_TREE, 2 * max(self.longest, length))

    def add(self, index: int, request: Request, common: int) -> None:
        """Branch off after ``common`` tokens of the last request."""
        new = request.tokens[self.trunk + common : -1]
        if len(new):
            self.branches.append((self.size, self.size + len(new), int(self.path[common - 1]) if common else -1))
            self.pieces.append(new)
            self.positions.append(np.arange(len(new)) + self.trunk + common)
        self.path = np.concatenate([self.path[:common], np.arange(len(new)) + self.size])
        self.size += len(new)
        self.longest = max(self.longest, len(self.path))
        self.scored.append((index, self.path[request.first - 1 - self.trunk :]))

    def grown(self) -> Tree:
        """The row."""
        return Tree(np.concatenate(self.pieces), np.concatenate(self.positions), self.branches, self.scored)
