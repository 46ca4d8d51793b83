"""Passages that occurred before, cut out wherever else they stand: exact repeats of k bytes and more.

What Lee et al. (2022, "Deduplicating Training Data Makes Language Models Better") find with a suffix array: every
window of k bytes that occurs twice, in one document or in two. Here all windows are looked up by a rolling 64-bit hash,
in as many passes as the memory asks for; the windows of a pass are those of a range of hashes, so passes know nothing
of each other and can be made at once. The first place of a passage stays, by the hash of the documents' texts; what
overlaps its own first place is no repeat.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from assay.base.files import atomic_write
from assay.curation.documents import Documents, content_bytes, offsets_of, string_bytes
from assay.curation.seen import Seen, read_spread
from assay.curation.step import Decision, SweepStep
from assay.text.rewriting import cut_spans

if TYPE_CHECKING:
    import pyarrow as pa

_REASONS = ("all of the text occurs in other documents",)
_SLOT_BYTES = 16


class SubstringDedup(SweepStep):
    """Cuts out every passage of at least ``min_bytes`` that occurred before."""

    min_bytes: int = Field(default=200, ge=8)
    """Bytes of the shortest passage; Lee et al. took 50 tokens, some 200 bytes of English."""
    memory_mb: int = Field(default=2048, ge=1)
    """For the table of windows of one worker. Windows take 16 to 64 bytes each; more of them, more passes."""

    def observe(self, documents: Documents) -> pa.RecordBatch:
        """The hashes of each text and id, and the bytes of the text."""
        import pyarrow as pa

        from assay.text.dedup import id_hashes
        from assay.text.kernels.fingerprint import fingerprints

        text, _ = fingerprints(*documents.text_bytes())
        columns = [text, id_hashes(documents), content_bytes(documents)]
        return pa.RecordBatch.from_arrays([pa.array(column) for column in columns], ["text", "id", "bytes"])

    def decide_from(self, seen: Seen) -> Decision:
        """Look up all windows of the pool, and cut what occurred before."""
        text, ids, sizes = (column.to_numpy() for column in seen.observations(["text", "id", "bytes"]).columns)
        files = seen.in_order((ids, text), sizes, np.zeros(len(sizes), np.int64))
        windows = int(np.maximum(sizes - self.min_bytes + 1, 0).sum())
        slots = 1 << ((self.memory_mb << 20) // _SLOT_BYTES).bit_length() - 1
        passes = max(1, -(-windows * 5 // (slots * 3)))  # at most 60 % of the slots in use, so that chance has room
        paths = tuple(path for _, path in files)
        parts = [_Pass(seen, paths, self.min_bytes, number, passes, windows) for number in range(passes)]
        for _ in seen.run(_look_up, parts):
            pass
        runs = np.concatenate([np.load(part.out, allow_pickle=False) for part in parts])
        return self._decision(sizes, _united(runs), {"windows": windows, "passes": passes})

    def _decision(self, sizes: np.ndarray, runs: np.ndarray, notes: dict) -> Decision:
        import pyarrow as pa

        rows, lengths = runs[:, 0], runs[:, 2] - runs[:, 1]
        gone = np.bincount(rows, lengths, len(sizes)).astype(np.int64)
        codes = np.where((gone == sizes) & (sizes > 0), 0, -1).astype(np.int16)
        offsets = offsets_of(2 * np.bincount(rows, minlength=len(sizes)))
        cuts = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(runs[:, 1:].reshape(-1)))
        return Decision(codes, _REASONS, cuts, notes=notes | {"bytes_cut": int(lengths.sum())})

    def cut(self, documents: Documents, cuts: pa.Array) -> pa.Array:
        """The texts without these spans; a character of which only a part is in a span stays."""
        import pyarrow as pa

        from assay.text.kernels.substrings import whole_characters

        offsets = offsets_of(np.asarray(cuts.value_lengths()))
        spans = cuts.flatten().to_numpy().reshape(-1, 2)
        whole = whole_characters(*documents.text_bytes(), spans, offsets // 2)
        return cut_spans(
            documents, pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(whole.reshape(-1)))
        )


@dataclass(frozen=True)
class _Pass:
    """The windows of one range of hashes, over all texts."""

    seen: Seen
    paths: tuple[Path, ...]
    size: int
    number: int
    passes: int
    windows: int

    @property
    def out(self) -> Path:
        return self.seen.work / f"repeats-{self.number}.npy"


def _look_up(part: _Pass) -> None:
    """Write the runs of windows that occurred before: row, start, end."""
    if part.out.exists():
        return
    from assay.text.kernels.substrings import seen_windows

    slots = 1 << max(4, (part.windows // part.passes * 5 // 3).bit_length())
    keys, places = np.empty(slots, np.uint64), np.full(slots, -1, np.int64)
    found, before = [np.empty((0, 3), np.int64)], 0
    for path in part.paths:
        rows, text = read_spread(path)
        data, offsets = string_bytes(text)
        runs = seen_windows(data, offsets, part.size, (part.number, part.passes), (keys, places, before))
        runs[:, 0] = rows[runs[:, 0]]
        found.append(runs)
        before += int(offsets[-1])
    with atomic_write(part.out) as file:
        np.save(file, np.concatenate(found), allow_pickle=False)


def _united(runs: np.ndarray) -> np.ndarray:
    """Runs (row, start, end) that touch or overlap made one, sorted."""
    runs = runs[np.lexsort((runs[:, 1], runs[:, 0]))]
    if not len(runs):
        return runs
    reach = runs[:, 2] + runs[:, 0] * (1 << 40)  # so that no run of a row before reaches into the next
    starts = runs[:, 1] + runs[:, 0] * (1 << 40)
    begins = np.append(True, starts[1:] > np.maximum.accumulate(reach)[:-1])
    ends = np.maximum.reduceat(runs[:, 2], np.flatnonzero(begins))
    return np.stack([runs[begins, 0], runs[begins, 1], ends], axis=1)
