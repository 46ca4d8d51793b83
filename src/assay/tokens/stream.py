"""Files of tokens as one stream, and streams as sequences; no more of them is in memory than was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np


class TokenFile:
    """The tokens of a file; a slice is read from disk. (Pages of a memory map would count as memory of the process.)"""

    def __init__(self, path: Path, dtype: np.dtype, tokens: int):
        self._path, self._dtype, self._tokens = path, dtype, tokens

    def __len__(self) -> int:
        return self._tokens

    def __getitem__(self, part: slice) -> np.ndarray:
        start, stop, _ = part.indices(self._tokens)
        return np.fromfile(self._path, self._dtype, max(0, stop - start), offset=start * self._dtype.itemsize)


class Stream:
    """Several arrays or files of tokens as if they were one."""

    def __init__(self, parts: Sequence[np.ndarray | TokenFile]):
        self._parts = parts
        self._starts = np.cumsum([0, *map(len, parts)])

    def read(self, start: int, stop: int) -> np.ndarray:
        """The tokens from ``start`` to ``stop``."""
        first = int(np.searchsorted(self._starts, start, side="right")) - 1
        pieces = []
        for part, offset in zip(self._parts[first:], self._starts[first:].tolist(), strict=False):
            if offset >= stop:
                break
            pieces.append(part[max(0, start - offset) : stop - offset])
        return np.concatenate(pieces)


class Packed:
    """The sequences of several streams, one stream after another: of each as many as it holds whole."""

    def __init__(self, streams: list[Stream], held: list[int], length: int, dtype: np.dtype):
        self.length, self.dtype = length, dtype
        self._streams = streams
        self._starts = np.cumsum([0, *held]).tolist()

    def read(self, first: int, last: int) -> np.ndarray:
        """The sequences from ``first`` up to ``last``: shape (last - first, length)."""
        pieces = []
        for stream, start, stop in zip(self._streams, self._starts, self._starts[1:], strict=False):
            low, high = max(first, start) - start, min(last, stop) - start
            if low < high:
                pieces.append(stream.read(low * self.length, high * self.length))
        return np.concatenate(pieces).reshape(-1, self.length)
