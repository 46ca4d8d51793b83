"""The keys and values that a decoder has computed, so that tokens which follow are read without reading those again.

cache = Cache(layers)
model.hidden(prompt, cache=cache)         # (1, P): kept
model.hidden(token, cache=cache)          # (1, 1): sees the prompt, and is kept too
model.hidden(answers, cache=cache.fork(4))  # (4, T): four continuations of the same tokens; the cache stays as it is
"""

from __future__ import annotations

import torch
from torch import Tensor


class LayerCache:
    """What one layer keeps: keys, rotated to their positions, and values, both (B, K, S, H)."""

    def __init__(self, held: tuple[Tensor, Tensor] | None = None, keeps: bool = True):
        self.held = held
        self._keeps = keeps

    def extend(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """All keys and values, with new ones (B, K, T, H) at the end."""
        if self.held is not None:
            keys, values = (torch.cat((old, new), dim=2) for old, new in zip(self.held, (keys, values), strict=True))
        if self._keeps:
            self.held = keys, values
        return keys, values


class Cache:
    """One ``LayerCache`` a layer; the model extends it by every token that it reads."""

    def __init__(self, layers: int):
        self.layers = [LayerCache() for _ in range(layers)]

    @property
    def length(self) -> int:
        """Tokens that were read."""
        held = self.layers[0].held
        return 0 if held is None else held[0].shape[2]

    def fork(self, rows: int) -> Cache:
        """For ``rows`` sequences that all begin with the one here; what is read through it is not kept."""
        forked = Cache(0)
        for layer in self.layers:
            held = layer.held and (layer.held[0].expand(rows, -1, -1, -1), layer.held[1].expand(rows, -1, -1, -1))
            forked.layers.append(LayerCache(held, keeps=False))
        return forked

    def select(self, rows: Tensor) -> None:
        """Keep only some sequences: their indices, int64 (R,)."""
        for layer in self.layers:
            if layer.held is not None:
                layer.held = layer.held[0][rows], layer.held[1][rows]
