"""A global shuffle of sequences on disk, in little memory and with sequential reads and writes alone.

An order says which sequence comes at each place; a sequence may come more than once, or never. It is cut into the
shards to write.

1. The sequences are read once, as they lie, and each is appended to the scratch files of the shards in which it comes.
2. Each scratch file, as large as its shard, is read whole, put in order and written.

Memory: 16 bytes for each place, two blocks of ``_BLOCK_BYTES``, and one shard twice. A dataset of 100 GB (24 million
sequences of 2,049 tokens of two bytes) needs less than 1.5 GB. Disk: the sequences, the scratch files and the shards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from assay.base.files import atomic_write, write_bytes
from assay.base.progress import progress

_BLOCK_BYTES = 1 << 26
_SCATTERED = "scattered"


class Sequences(Protocol):
    """Sequences in an order of their own, which are read from the first to the last."""

    length: int
    """Tokens in each."""
    dtype: np.dtype

    def read(self, first: int, last: int) -> np.ndarray:
        """Those from ``first`` up to ``last``: shape (last - first, length)."""
        ...


def write_shuffled(
    sequences: Sequences, order: np.ndarray, shard_size: int, path_of: Callable[[int], Path], work: Path
) -> list[int]:
    """Write the sequences in ``order`` as shards of ``shard_size``; how many are in each.

    What is in ``work``, and shards that are there, are used again after a kill.
    """
    starts = range(0, len(order), shard_size)
    if not all(path_of(number).exists() for number in range(len(starts))):
        _scatter(sequences, order, shard_size, work)
    with progress("shuffle", len(starts), "shards") as bar:
        for number, start in enumerate(starts):
            _gather(order[start : start + shard_size], sequences, work / f"{number:05d}", path_of(number))
            bar.advance()
    return [min(shard_size, len(order) - start) for start in starts]


def _scatter(sequences: Sequences, order: np.ndarray, shard_size: int, work: Path) -> None:
    """Append every sequence to the scratch files of its shards, in the order in which they are read."""
    if (work / _SCATTERED).exists():
        return
    work.mkdir(exist_ok=True)
    for half in work.iterdir():  # of a run that was killed
        half.unlink()
    places = np.argsort(order, kind="stable")
    block = max(1, _BLOCK_BYTES // (sequences.length * sequences.dtype.itemsize))
    with progress("scatter", len(order), "sequences") as bar:
        for first, wanted in _blocks(order, places, block):
            read = sequences.read(first, int(order[wanted[-1]]) + 1)
            shards = wanted // shard_size
            for shard in np.unique(shards):
                rows = read[order[wanted[shards == shard]] - first]
                with open(work / f"{shard:05d}", "ab") as file:
                    file.write(rows.data)
            bar.advance(len(wanted))
    write_bytes(work / _SCATTERED, b"")


def _blocks(order: np.ndarray, places: np.ndarray, block: int) -> Iterator[tuple[int, np.ndarray]]:
    """Pieces of ``places``, which is sorted by the sequence that comes there: the first sequence, and where they come.

    Neither the places nor the sequences from the first to the last are more than ``block``.
    """
    start = 0
    while start < len(places):
        piece = places[start : start + block]
        first = int(order[piece[0]])
        piece = piece[: np.searchsorted(order[piece], first + block)]
        yield first, piece
        start += len(piece)


def _gather(chosen: np.ndarray, sequences: Sequences, scratch: Path, path: Path) -> None:
    """Put a scratch file in order: its rows are sorted by sequence, and equal ones by place."""
    if not path.exists():
        rows = np.fromfile(scratch, sequences.dtype).reshape(len(chosen), sequences.length)
        shard = np.empty_like(rows)
        shard[np.argsort(chosen, kind="stable")] = rows
        with atomic_write(path) as file:
            file.write(shard.data)
    scratch.unlink(missing_ok=True)
