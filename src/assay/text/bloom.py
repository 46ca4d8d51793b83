"""Near-duplicate paragraphs and documents by an n-gram Bloom filter, as DCLM's ``bff`` removes them (section 4.3, F).

A paragraph goes when more than a share of its n-grams occurred before, in earlier documents or in paragraphs above it;
otherwise its n-grams are remembered. In the mode ``old-both``, that of DCLM-Baseline, a document goes as well when more
than that share of all its n-grams occurred before.

What ``bff`` leaves to the order of its threads goes by the hash of each text here: the same documents stay for any
order of the files and any number of workers. ``partitions`` cuts the pool as DCLM cuts it into shards, by that hash
too, so that exact copies always meet; each part has a filter of its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from assay.base.errors import InputError
from assay.base.files import atomic_write, write_bytes
from assay.curation.documents import Documents, content_bytes
from assay.curation.seen import Seen, read_spread
from assay.curation.step import Decision, SweepStep
from assay.text.bloom_filter import BloomFilter, false_positives
from assay.text.characters import character_table
from assay.text.rewriting import cut_spans

if TYPE_CHECKING:
    import pyarrow as pa

_REASONS = ("the text was seen before", "nothing left")
_SEEN, _EMPTY = range(2)
_WHOLE = ("document", "both", "both-mended", "substring")
"""Modes whose n-grams run across paragraphs."""
_TRIMMED = ("both", "substring")
"""Modes of the reference that cut white space at the end."""


class BloomDedup(SweepStep):
    """Removes paragraphs and documents most of whose n-grams occurred before in the pool."""

    version: ClassVar[int] = 2
    file_parameters: ClassVar[tuple[str, ...]] = ("bloom_filter_file",)

    remove_type: Literal[
        "old-both",
        "paragraph",
        "document",
        "both",
        "both-mended",
        "naive-both",
        "naive-both-mended",
        "substring",
        "exact",
    ] = "old-both"
    """``paragraph``: only paragraphs; ``document``: only whole documents; ``old-both``: both, as DCLM-Baseline;
    ``substring``: passages; ``exact``: documents of which the whole text was seen.

    ``both`` and ``naive-both`` are as they are in the reference, where the one can only remove the first paragraph, and
    the other takes every document for a repeat of itself. ``both-mended``: n-grams run across paragraphs, and one in
    which they are known goes, all of them. ``naive-both-mended``: first the document, then its paragraphs.
    """
    min_ngram_size: int = Field(default=13, ge=1)
    """Shorter paragraphs have no n-gram, and stay."""
    max_ngram_size: int = Field(default=13, ge=1)
    """Words of an n-gram; a paragraph of fewer words is one n-gram."""
    filtering_threshold: float = Field(default=0.8, ge=0, le=1)
    """What has a larger share of known n-grams goes (in ``both``: as large a share)."""
    substr_seqlen: int = Field(default=50, ge=1)
    """Words of the shortest passage that ``substring`` removes."""
    expected_ngram_count: int | None = Field(default=None, ge=1)
    """What the filter is made for; by default the n-grams of the pool, which are counted first."""
    fp_rate: float = Field(default=0.01, gt=0, lt=1)
    """Share of unknown n-grams that the full filter takes for known ones."""
    partitions: int = Field(default=1, ge=1)
    """Parts of the pool, by the hash of the text, that know nothing of each other; they can be worked on at once."""
    order: Literal["hash", "pool"] = "hash"
    """In what order documents are seen: by the hash of their text, or as they lie in the pool."""
    bloom_filter_file: str | list[str] | None = None
    """The filter of an older pool (one file a partition), to go on with: what that pool had is known."""
    no_update_bloom_filter: bool = False
    """Only look up what is known; remember nothing of this pool."""
    save_bloom_filter: bool = False
    """Keep the filter in the dataset: ``deduplication/*/bloom-*.safetensors``."""
    annotate: bool = False
    """Remove nothing: tell the spans that would go in ``bff_duplicate_spans``, in bytes."""
    min_kept: float = Field(default=0.01, ge=0, le=1)
    """Stop when a smaller share is left of the bytes, exact copies not counted: then a setting is wrong."""

    @model_validator(mode="after")
    def _check(self) -> BloomDedup:
        if self.min_ngram_size > self.max_ngram_size:
            raise ValueError("min_ngram_size: larger than max_ngram_size")
        if self.bloom_filter_file is not None and len(self._filter_files) != self.partitions:
            raise ValueError(f"bloom_filter_file: {len(self._filter_files)} files for {self.partitions} partitions")
        return self

    @property
    def sizes(self) -> tuple[int, int]:
        """Fewest and most words of an n-gram."""
        return (self.max_ngram_size if self.remove_type == "substring" else self.min_ngram_size), self.max_ngram_size

    @property
    def _filter_files(self) -> list[str]:
        files = self.bloom_filter_file or []
        return [files] if isinstance(files, str) else files

    def observe(self, documents: Documents) -> pa.RecordBatch:
        """The hashes of each text and id, the bytes of the text, and the number of its n-grams."""
        import pyarrow as pa

        from assay.text.dedup import id_hashes
        from assay.text.kernels.fingerprint import fingerprints

        text, _ = fingerprints(*documents.text_bytes())
        columns = [text, id_hashes(documents), content_bytes(documents), self.count_ngrams(documents)]
        return pa.RecordBatch.from_arrays([pa.array(column) for column in columns], ["text", "id", "bytes", "ngrams"])

    def count_ngrams(self, documents: Documents) -> np.ndarray:
        """How many n-grams each document has in this mode: int64."""
        from assay.text.kernels.bloom import count_ngrams

        if self.remove_type == "exact":
            return np.ones(len(documents), np.int64)
        texts = (*documents.text_bytes(), character_table(), self.sizes)
        counts = count_ngrams(*texts, self.remove_type in _WHOLE)
        return counts + count_ngrams(*texts, True) if self.remove_type == "naive-both" else counts

    def begin(self, ngrams: int, partition: int = 0, share: float = 1.0) -> BloomFilter:
        """The filter for a part of the pool: an empty one, or that of an older pool.

        ``share`` is the part's share of the n-grams. InputError when it was made for fewer n-grams than there are.
        """
        if self.bloom_filter_file is not None:
            state = BloomFilter.read(self._filter_files[partition], self.sizes)
        else:
            state = BloomFilter.sized(round((self.expected_ngram_count or 0) * share) or ngrams, self.fp_rate)
        state.held += 0 if self.no_update_bloom_filter else ngrams
        if state.held > max(state.made_for, 1) * 1.000001:  # rounding of the share
            rate = false_positives(state.bits.nbytes, state.held, state.hashes)
            raise InputError(
                f"the Bloom filter is made for {state.made_for:,} n-grams, less than the {state.held:,} that it would "
                f"hold: it would take a share of {rate:.2g} of new n-grams for old ones, not {self.fp_rate:g}",
                where="expected_ngram_count",
                hint="leave expected_ngram_count out, or make the first filter for what is still to come",
            )
        return state

    def sweep(self, documents: Documents, state: BloomFilter) -> Decision:
        """What goes of these documents, in their order; ``state`` is changed.

        ``cuts`` are the spans that go (start and end in bytes, list<int64>); the column ``known`` (int64) says how many
        n-grams of each document were known.
        """
        import pyarrow as pa

        from assay.text.kernels import bloom_sweep

        trims = self.remove_type in _TRIMMED and not self.annotate
        modes = {
            "document": bloom_sweep.DOCUMENT,
            "both": bloom_sweep.FIRST_PARAGRAPH,
            "both-mended": bloom_sweep.SPANNING,
            "naive-both": bloom_sweep.DOCUMENT_THEN_PARAGRAPHS,
            "naive-both-mended": bloom_sweep.EITHER,
            "substring": bloom_sweep.SUBSTRING,
            "exact": bloom_sweep.EXACT,
        }
        mode = modes.get(self.remove_type, bloom_sweep.PARAGRAPHS)
        update = not self.no_update_bloom_filter
        rules = (mode, state.hashes, self.filtering_threshold, self.substr_seqlen, update, trims)
        texts = (*documents.text_bytes(), character_table())
        spans, ends, counts, blank = bloom_sweep.sweep(*texts, self.sizes, state.bits, rules)
        codes = np.where(blank, _EMPTY, -1).astype(np.int16)
        codes[blank & (np.diff(ends) > 0)] = _SEEN
        if self.remove_type == "old-both" and not self.annotate:
            with np.errstate(invalid="ignore"):
                codes[counts[:, 0] / counts[:, 1] > self.filtering_threshold] = _SEEN
        cuts = pa.ListArray.from_arrays(pa.array(2 * ends, pa.int32()), pa.array(spans.reshape(-1)))
        return Decision(codes, _REASONS, cuts, pa.table({"known": counts[:, 0]}))

    def decide_from(self, seen: Seen) -> Decision:
        """The decision about the whole pool. InputError when less than ``min_kept`` would be left."""
        import pyarrow as pa

        table = seen.observations()
        observed = {name: table[name].to_numpy() for name in table.column_names}
        parts = self._parts(seen, observed)
        for _ in seen.run(_sweep_part, parts):
            pass
        tables = [_read(part.out) for part in parts]
        table = pa.concat_tables(table for table, _ in tables).sort_by("row")
        codes = table["code"].to_numpy()
        cuts = table["cuts"].combine_chunks()
        kept = self._check_kept(observed, codes, cuts)
        notes = {"partitions": [notes for _, notes in tables], "bytes_kept_of_distinct_text": kept}
        return self._decision(codes, cuts, table["known"].combine_chunks(), notes)

    def _decision(self, codes: np.ndarray, cuts: pa.Array, known: pa.Array, notes: dict) -> Decision:
        import pyarrow as pa

        if self.remove_type == "exact" and self.annotate:
            seen = np.asarray(cuts.value_lengths()) > 0
            columns = {"bff_exact_duplicate": pa.array(np.ones(len(seen), bool), mask=~seen)}
        elif self.annotate:
            columns = {"bff_duplicate_spans": _pairs(cuts), "bff_contained_ngram_count": known}
        elif self.remove_type == "old-both":
            columns = {"bff_contained_ngram_count_before_dedupe": known}
        else:
            columns = {}
        if self.annotate:
            codes, cuts = np.where(codes == _EMPTY, _EMPTY, -1).astype(np.int16), None
        return Decision(codes, _REASONS, cuts, pa.table(columns) if columns else None, notes=notes)

    def _parts(self, seen: Seen, observed: dict[str, np.ndarray]) -> list[_Part]:
        """The partitions, their texts spread over files that fit into memory, in the order in which they are seen."""
        part = ((observed["text"] >> np.uint64(32)) * np.uint64(self.partitions) >> np.uint64(32)).astype(np.int64)
        keys = (observed["id"], observed["text"]) if self.order == "hash" else ()
        files = seen.in_order(keys, observed["bytes"], part)
        ngrams = np.bincount(part, observed["ngrams"], self.partitions).astype(np.int64)
        share = ngrams / max(ngrams.sum(), 1)
        return [
            _Part(
                self,
                number,
                tuple(path for owner, path in files if owner == number),
                int(ngrams[number]),
                float(share[number]),
                seen,
            )
            for number in sorted({owner for owner, _ in files})
        ]

    def _check_kept(self, observed: dict[str, np.ndarray], codes: np.ndarray, cuts: pa.Array) -> float:
        bounds = np.append(cuts.flatten().to_numpy(), 0).reshape(-1, 1)[:-1].reshape(-1, 2)
        owners = np.repeat(np.arange(len(codes)), np.asarray(cuts.value_lengths()) // 2)
        cut = np.bincount(owners, bounds[:, 1] - bounds[:, 0], len(codes))
        _, first = np.unique(observed["text"], return_index=True)
        distinct = observed["bytes"][first].sum()
        kept = float(np.where(codes < 0, observed["bytes"] - cut, 0).sum() / max(distinct, 1))
        if kept < self.min_kept and distinct and not self.annotate and not self.no_update_bloom_filter:
            raise InputError(
                f"only {kept:.2%} of the text would be left, exact copies not counted, less than {self.min_kept:.2%}",
                where="bloom_dedup",
                hint="remove_type naive-both empties every long document; if it is meant to be so, set min_kept: 0",
            )
        return kept

    def cut(self, documents: Documents, cuts: pa.Array) -> pa.Array:
        """The texts without these spans."""
        return cut_spans(documents, cuts)


@dataclass(frozen=True)
class _Part:
    """One partition: the files of its texts, and how many n-grams they have."""

    step: BloomDedup
    number: int
    paths: tuple[Path, ...]
    ngrams: int
    share: float
    seen: Seen

    @property
    def out(self) -> Path:
        return self.seen.work / f"swept-{self.number}.arrow"


def _sweep_part(part: _Part) -> None:
    """Decide about the documents of a partition, unless that was done."""
    if part.out.exists():
        return
    import pyarrow as pa

    state = part.step.begin(part.ngrams, part.number, part.share)
    tables = [_sweep_file(part.step, path, state) for path in part.paths]
    if part.step.save_bloom_filter:
        part.seen.kept.mkdir(parents=True, exist_ok=True)
        state.write(part.seen.kept / f"bloom-{part.number:03d}.safetensors", part.step.sizes)
    write_bytes(part.out.with_suffix(".json"), json.dumps(state.summary()).encode())
    table = pa.concat_tables(tables)
    with atomic_write(part.out) as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def _sweep_file(step: BloomDedup, path: Path, state: BloomFilter) -> pa.Table:
    """What goes of the texts of one file; when it returns they are no longer in memory."""
    import pyarrow as pa

    rows, text = read_spread(path)
    decided = step.sweep(Documents(pa.RecordBatch.from_arrays([text], ["text"])), state)
    assert decided.columns is not None
    columns = {"row": rows, "code": decided.codes, "cuts": decided.cuts, "known": decided.columns["known"]}
    return pa.table(columns)


def _read(path: Path) -> tuple[pa.Table, dict]:
    import pyarrow as pa

    with pa.OSFile(str(path)) as source:
        return pa.ipc.open_file(source).read_all(), json.loads(path.with_suffix(".json").read_bytes())


def _pairs(cuts: pa.Array) -> pa.Array:
    """Lists of starts and ends as lists of pairs, as the reference tells them."""
    import pyarrow as pa

    pairs = pa.ListArray.from_arrays(pa.array(np.arange(0, len(cuts.flatten()) + 1, 2), pa.int32()), cuts.flatten())
    ends = np.concatenate([[0], np.cumsum(np.asarray(cuts.value_lengths()) // 2)])
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pairs)
