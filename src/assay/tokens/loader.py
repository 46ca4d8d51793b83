"""The batch of any training step, straight from memory-mapped shards.

The batch of step k depends on the folder, the seed and k alone, so a run that starts again at step k needs no saved
loader state. The ranks of a distributed run divide the rows of that batch among themselves: it is the same batch for
any number of ranks.
"""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from assay.base.errors import InputError
from assay.tokens.format import open_shard, read_manifest


class Loader:
    """Batches of whole sequences; every epoch visits each sequence once, in an order of its own.

    The order of epoch e is ``numpy.random.default_rng([seed, e]).permutation(sequences)``. Epochs follow each other
    without a gap: a batch may hold the last sequences of one and the first of the next.
    """

    def __init__(self, tokens_folder: Path, batch_sequences: int, seed: int):
        manifest = read_manifest(tokens_folder)
        if manifest.sequences == 0:
            raise InputError("holds no sequences", where=tokens_folder)
        if batch_sequences < 1:
            raise InputError(f"a batch needs at least one sequence, not {batch_sequences}")
        self.sequences = manifest.sequences
        self.sequence_length = manifest.sequence_length
        self.vocab_size = manifest.vocab_size
        self.end_of_text = manifest.end_of_text
        self.batch_sequences = batch_sequences
        self._shards = [open_shard(tokens_folder, manifest, shard) for shard in manifest.shards]
        self._first = np.cumsum([0, *(shard.sequences for shard in manifest.shards)])
        self._order = lru_cache(maxsize=2)(partial(_permutation, seed, self.sequences))

    def batch(self, step: int, rank: int = 0, world: int = 1) -> np.ndarray:
        """The tokens of a step: int64, shape (batch_sequences, sequence_length).

        With a ``world`` of several ranks, the rows of one of them: ``rank_rows(batch_sequences, rank, world)``.
        """
        rows = rank_rows(self.batch_sequences, rank, world)
        start = step * self.batch_sequences
        batch = np.empty((len(rows), self.sequence_length), np.int64)
        for row, position in enumerate(range(start + rows.start, start + rows.stop)):
            epoch, place = divmod(position, self.sequences)
            batch[row] = self._sequence(self._order(epoch)[place])
        return batch

    def _sequence(self, index: int) -> np.ndarray:
        shard = int(np.searchsorted(self._first, index, side="right")) - 1
        return self._shards[shard][index - self._first[shard]]


def rank_rows(batch_sequences: int, rank: int, world: int) -> range:
    """The rows of a batch that a rank reads: in the order of the ranks, as many for each to within one."""
    if not 0 <= rank < world:
        raise InputError(f"there is no rank {rank} among {world}")
    return range(batch_sequences * rank // world, batch_sequences * (rank + 1) // world)


def _permutation(seed: int, sequences: int, epoch: int) -> np.ndarray:
    return np.random.default_rng([seed, epoch]).permutation(sequences)
