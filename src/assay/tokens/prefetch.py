"""Batches read ahead of the training loop by a thread, for one rank of several."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from assay.tokens.loader import Loader

_AHEAD = 2
"""Batches read ahead: one could be late when a page of a shard must come from disk."""


class Prefetcher:
    """The same batches as ``loader.batch(step, rank, world)``, read ahead of the steps that ask for them.

    Steps may be asked for in any order; only those that follow each other are ready. Nothing has to be saved: a run
    that starts again, with any number of ranks, asks for the step that is next.
    """

    def __init__(self, loader: Loader, rank: int = 0, world: int = 1, ahead: int = _AHEAD):
        self._loader, self._rank, self._world, self._ahead = loader, rank, world, ahead
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="prefetch")
        self._coming: dict[int, Future[np.ndarray]] = {}
        self.waited_seconds = 0.0
        """How long all calls of ``batch`` so far waited for their data."""

    def batch(self, step: int) -> np.ndarray:
        """The rank's tokens of a step: int64, shape (rows, sequence_length)."""
        window = range(step, step + self._ahead + 1)
        dropped = [self._coming.pop(known) for known in list(self._coming) if known not in window]
        for future in dropped:
            future.cancel()
        for wanted in window:
            if wanted not in self._coming:
                self._coming[wanted] = self._thread.submit(self._loader.batch, wanted, self._rank, self._world)
        started = time.monotonic()
        try:
            return self._coming.pop(step).result()
        finally:
            self.waited_seconds += time.monotonic() - started

    def close(self) -> None:
        """Stop reading ahead."""
        self._thread.shutdown(cancel_futures=True)

    def __enter__(self) -> Prefetcher:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
