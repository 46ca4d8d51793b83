"""Near-duplicate documents by MinHash and locality-sensitive hashing, verified.

Signatures find candidates: documents of which all hashes of a band agree (Broder 1997; Leskovec, Rajaraman, Ullman,
"Mining of Massive Datasets", chapter 3). Of each pair of candidates the Jaccard similarity of the shingles is computed;
a document goes when one that stays is as similar as that. So nothing goes for a chain of others between the two, of
similar documents one always stays, each that goes names it, and the order of files and the workers do not matter.

The defaults are DCLM's (section 4.3 and appendix L): 5-token shingles, 93 bands of 15 hashes, Jaccard 0.8. FineWeb has
14 bands of 8.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, model_validator

from assay.base.files import atomic_write
from assay.curation.documents import Documents, content_bytes
from assay.curation.seen import FILE_BYTES, Seen, read_spread
from assay.curation.step import Decision, SweepStep
from assay.text.characters import character_table
from assay.text.decontaminate import lower_bytes

if TYPE_CHECKING:
    import pyarrow as pa

_REASONS = ("nearly the text of another document",)
_BACK = 4
"""With so many of its bucket a document is compared, beside the first."""
_BANDS_AT_ONCE = 8


class MinhashDedup(SweepStep):
    """Drops documents that are nearly the same as one that stays."""

    ngram: int = Field(default=5, ge=1)
    """Words of a shingle; of a document with fewer, all together are one."""
    bands: int = Field(default=93, ge=1)
    """Two documents are candidates when they agree in one band."""
    rows: int = Field(default=15, ge=1)
    """Hashes of a band."""
    threshold: float = Field(default=0.8, gt=0, le=1)
    """Jaccard similarity from which on one of two documents goes."""
    seed: int = Field(default=1, ge=0)
    """Of the hash functions."""
    keep: Literal["longest", "first", "best_score"] = "longest"
    """Which one stays: the longest; the first of the pool; or that with the largest value under ``score_key``.

    Of equal ones that with the least id (by its hash).
    """
    score_key: str | None = None
    """The column for ``best_score``; documents without a value come last."""

    @model_validator(mode="after")
    def _check(self) -> MinhashDedup:
        if (self.keep == "best_score") != (self.score_key is not None):
            raise ValueError("score_key: must be given for keep: best_score, and only for it")
        return self

    def observe(self, documents: Documents) -> pa.RecordBatch:
        """The bands (uint64 columns), hashes of text and id, and what the choice goes by."""
        import pyarrow as pa

        from assay.text.dedup import hash_columns, id_hashes

        hashes = hash_columns(documents.text)
        columns = {"text": hashes["high"], "text2": hashes["low"], "id": pa.array(id_hashes(documents))}
        columns["bytes"] = pa.array(content_bytes(documents))
        if self.score_key is not None:
            columns["score"] = pa.array(documents.values(self.score_key), pa.float64())
        signature = self.band_hashes(documents)
        return pa.RecordBatch.from_pydict(columns | {_band(b): pa.array(signature[b]) for b in range(self.bands)})

    def band_hashes(self, documents: Documents) -> np.ndarray:
        """A hash of each band of each document: uint64 (bands, documents); 0 without words."""
        from assay.text.kernels.minhash import band_hashes

        generator = np.random.Generator(np.random.PCG64(self.seed))
        multipliers, masks = generator.integers(0, 1 << 32, (2, self.bands * self.rows), np.uint32)
        return band_hashes(
            *lower_bytes(documents.text), character_table(), self.ngram, (multipliers | np.uint32(1), masks, self.rows)
        )

    def decide_from(self, seen: Seen) -> Decision:
        """Find candidates band by band, compare them, and keep one of those that are alike."""
        scored = ["score"] if self.score_key else []
        observed = seen.observations(["text", "text2", "id", "bytes", *scored])
        rows, copies = self._by_preference(observed)
        np.save(seen.work / "rows.npy", rows, allow_pickle=False)
        groups = [
            _Bands(seen, number, tuple(range(first, min(first + _BANDS_AT_ONCE, self.bands))))
            for number, first in enumerate(range(0, self.bands, _BANDS_AT_ONCE))
        ]
        for _ in seen.run(_find_candidates, groups):
            pass
        keys = np.unique(np.concatenate([np.load(group.out, allow_pickle=False) for group in groups]))
        pairs = np.stack([keys % len(rows), keys // len(rows)], axis=1).astype(np.int64)  # sorted by the second
        twins, similar = self._compare(seen, rows, observed["bytes"].to_numpy(), pairs)
        return self._decision(rows, copies, twins, similar, len(pairs))

    def _by_preference(self, observed: pa.Table) -> tuple[np.ndarray, np.ndarray]:
        """The rows of different texts, the preferred ones first; and for each row the copy that stands for it."""
        count = observed.num_rows
        text, text2, ids = (observed[name].to_numpy() for name in ("text", "text2", "id"))
        pool = np.arange(count)
        if self.keep == "best_score":
            preference = -np.nan_to_num(observed["score"].to_numpy(), nan=-np.inf)
        else:
            preference = -observed["bytes"].to_numpy() if self.keep == "longest" else pool
        order = np.lexsort((pool, text2, text, ids, preference))
        rank = np.empty(count, np.int64)
        rank[order] = pool
        grouped = np.lexsort((rank, text2, text))
        begins = np.ones(count, bool)
        begins[1:] = (text[grouped][1:] != text[grouped][:-1]) | (text2[grouped][1:] != text2[grouped][:-1])
        copies = np.empty(count, np.int64)
        copies[grouped] = grouped[begins][np.cumsum(begins) - 1]
        return order[copies[order] == order], copies

    def _compare(
        self, seen: Seen, rows: np.ndarray, sizes: np.ndarray, pairs: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """For each of the rows the one of which it is a repeat (-1: of none), and how similar it is to that."""
        from assay.text.kernels.minhash import components

        twins, similar = np.full(len(rows), -1, np.int64), np.zeros(len(rows))
        if not len(pairs):
            return twins, similar
        roots = components(len(rows), pairs)
        members = np.flatnonzero(np.bincount(roots, minlength=len(rows))[roots] > 1)
        members = members[np.argsort(roots[members], kind="stable")]
        begins = np.append(True, roots[members][1:] != roots[members][:-1])
        text = sizes[rows[members]]  # a group of connected ones is not divided among files
        before = np.cumsum(text) - text
        bucket = (before[begins] // FILE_BYTES)[np.cumsum(begins) - 1]
        bucket = np.unique(bucket, return_inverse=True)[1]
        places, ranks = np.full(len(sizes), -1), np.zeros(len(sizes), np.int64)
        places[rows[members]], ranks[rows[members]] = bucket, members
        owner = np.full(len(rows), -1)
        owner[members] = bucket
        paths = seen.spread(places, ranks, "compared")
        parts = [
            _Candidates(self, path, np.sort(members[bucket == number]), pairs[owner[pairs[:, 0]] == number])
            for number, path in enumerate(paths)
        ]
        for _ in seen.run(_compare_part, parts):
            pass
        for part in parts:
            found = np.load(part.out, allow_pickle=False)
            twins[part.members], similar[part.members] = found["twin"], found["similar"]
        return twins, similar

    def _decision(
        self, rows: np.ndarray, copies: np.ndarray, twins: np.ndarray, similar: np.ndarray, candidates: int
    ) -> Decision:
        import pyarrow as pa

        count = len(copies)
        gone = twins >= 0
        stand = np.arange(count)
        stand[rows[gone]] = rows[twins[gone]]
        likeness = np.ones(count)
        likeness[rows[gone]] = similar[gone]
        twin, alike = stand[copies], likeness[copies]
        dropped = np.flatnonzero(twin != np.arange(count))
        codes = np.full(count, -1, np.int16)
        codes[dropped] = 0
        _, sizes = np.unique(twin[dropped], return_counts=True)
        notes = {
            "pairs_compared": candidates,
            "near_duplicates": int(gone.sum()),
            "copies": int((copies != np.arange(count)).sum()),
            "clusters": len(sizes),
            "largest_cluster": int(sizes.max(initial=0)) + 1 if len(sizes) else 1,
        }
        pairs = {"row": dropped, "twin": twin[dropped], "jaccard": alike[dropped]}
        return Decision(codes, _REASONS, twins=pa.table(pairs) if len(dropped) else None, notes=notes)


def _band(number: int) -> str:
    return f"band{number}"


@dataclass(frozen=True)
class _Bands:
    """Some bands of all documents, to be searched for candidates."""

    seen: Seen
    number: int
    bands: tuple[int, ...]

    @property
    def out(self) -> Path:
        return self.seen.work / f"candidates-{self.number}.npy"


def _find_candidates(group: _Bands) -> None:
    """Write the different pairs of candidates as numbers second · count + first, of documents by preference."""
    if group.out.exists():
        return
    from assay.text.kernels.minhash import candidates

    rows = np.load(group.seen.work / "rows.npy", allow_pickle=False)
    table = group.seen.observations([_band(band) for band in group.bands])
    found = [np.empty(0, np.uint64)]
    for band in group.bands:
        pairs = candidates(table[_band(band)].to_numpy()[rows], _BACK).astype(np.uint64)
        found.append(np.unique(pairs[:, 1] * np.uint64(len(rows)) + pairs[:, 0]))
    with atomic_write(group.out) as file:
        np.save(file, np.unique(np.concatenate(found)), allow_pickle=False)


@dataclass(frozen=True)
class _Candidates:
    """Connected candidates: the file of their texts, their numbers by preference, and the pairs."""

    step: MinhashDedup
    path: Path
    members: np.ndarray
    pairs: np.ndarray

    @property
    def out(self) -> Path:
        return self.path.with_suffix(".npy")


def _compare_part(part: _Candidates) -> None:
    if part.out.exists():
        return
    from assay.text.kernels.minhash import jaccard, nearest_kept, shingle_sets

    _, text = read_spread(part.path)
    pairs = np.searchsorted(part.members, part.pairs)
    similar = jaccard(*shingle_sets(*lower_bytes(text), character_table(), part.step.ngram), pairs)
    alike = similar >= part.step.threshold
    twins, best = nearest_kept(len(part.members), pairs[alike], similar[alike])
    found = np.empty(len(twins), [("twin", np.int64), ("similar", np.float64)])
    found["twin"] = np.where(twins < 0, -1, part.members[twins])
    found["similar"] = best
    with atomic_write(part.out) as file:
        np.save(file, found, allow_pickle=False)
