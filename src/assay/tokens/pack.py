"""From the documents of datasets to shuffled token shards.

1. Every document is encoded and followed by the end-of-text token; each dataset shard gives one file of tokens.
2. These files, one after another, are one stream, cut into sequences of context + 1 tokens. Documents are neither
   padded nor masked from each other, as in DCLM. (DCLM packs each input file alone and trains on the padding of its
   last sequence; here what is left at the end of a shard goes on in the next, and only the tail of the whole dataset,
   shorter than a sequence, is dropped and counted.)
3. A mix takes from each of its datasets as many sequences as it says (``mix.py``).
4. The sequences are written in the order ``numpy.random.default_rng(seed).permutation(sequences)`` (``shuffle.py``).

The result does not depend on the number of workers. Memory: a batch of documents a worker, then what the shuffle needs.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from assay.base.errors import InputError
from assay.base.files import write_bytes
from assay.records.artifact import Draft, Identity, build, finished
from assay.records.record import RECORD_NAME, Record, read_record, read_record_of
from assay.tokens.encode import Counts, Encoded, encode_shards
from assay.tokens.format import SHARDS_FOLDER, TOKENIZER_NAME, Manifest, Shard, dtype_name, numpy_dtype
from assay.tokens.identity import mixed_identity, tokens_identity
from assay.tokens.mix import Mix, Source, choose, contributions, sequence_counts
from assay.tokens.shuffle import write_shuffled
from assay.tokens.source import dataset_shards
from assay.tokens.stream import Packed, Stream
from assay.tokens.tokenizer import Tokenizer, load_tokenizer

_SHARD_TOKENS = 1 << 26


@dataclass(frozen=True)
class _Packing:
    """How the tokens become sequences."""

    context: int
    seed: int
    workers: int

    @property
    def length(self) -> int:
        return self.context + 1


def tokenize(
    dataset: str | Path, tokenizer: str | Path, out: Path, context: int, seed: int = 0, workers: int = 1
) -> Record:
    """Make the tokens artifact of a dataset: shards, ``manifest.json`` and a copy of ``tokenizer.json``.

    ``tokenizer`` is a tokenizer.json (also gzipped), or a folder that holds one. InputError when the dataset holds no
    document, or fewer tokens than one sequence of ``context`` + 1.
    """
    source = read_record_of(dataset, "dataset")
    identity = replace(tokens_identity({source.id: dataset}, _input(tokenizer), context, seed), name=source.name)
    whole = Mix(sources=[Source(dataset=str(dataset), epochs=1)])
    return _tokenize(whole, tokenizer, out, identity, _Packing(context, seed, workers))


def tokenize_mix(mix: Mix, tokenizer: str | Path, out: Path, context: int, seed: int = 0, workers: int = 1) -> Record:
    """Make the tokens artifact of several datasets, as ``tokenize`` does of one.

    The record's metrics say what each gave. InputError as there, and when two sources are the same dataset.
    """
    records = [read_record_of(source.dataset, "dataset") for source in mix.sources]
    inputs = {record.id: source.dataset for record, source in zip(records, mix.sources, strict=True)}
    if len(inputs) < len(mix.sources):
        raise InputError("two sources of the mix are the same dataset", hint="name it once, with the sum of both")
    identity = mixed_identity(inputs, mix, _input(tokenizer), context, seed)
    return _tokenize(mix, tokenizer, out, identity, _Packing(context, seed, workers))


def _input(tokenizer: str | Path) -> dict[str, Path] | str | Path:
    """The artifact that holds the tokenizer by its id, or the file."""
    folder = Path(tokenizer)
    if (folder / RECORD_NAME).exists():
        return {read_record(folder).id: folder}
    return tokenizer


def _tokenize(mix: Mix, tokenizer: str | Path, out: Path, identity: Identity, packing: _Packing) -> Record:
    if packing.context < 1:
        raise InputError(f"a context needs at least one token, not {packing.context}")
    record = finished(out, identity)
    if record is None:
        shards, loaded = [dataset_shards(source.dataset) for source in mix.sources], load_tokenizer(tokenizer)
        with build(out, identity) as draft:
            started = time.monotonic()
            draft.metrics["encoder"] = loaded.encoder  # before the workers start: they cannot say that they are slow
            encoded = [
                encode_shards(part, loaded, draft.work / f"encoded-{number}", packing.workers)
                for number, part in enumerate(shards)
            ]
            _write_artifact(mix, encoded, loaded, packing, draft)
            draft.metrics["seconds"] = round(time.monotonic() - started, 2)
        record = read_record(out)
    return record


def _write_artifact(
    mix: Mix, encoded: list[list[Encoded]], tokenizer: Tokenizer, packing: _Packing, draft: Draft
) -> None:
    length, dtype = packing.length, numpy_dtype(tokenizer.vocab_size)
    parts = [_total([part.counts for part in parts]) for parts in encoded]
    held = [_held(part, source, length) for part, source in zip(parts, mix.sources, strict=True)]
    counts = sequence_counts(mix, held, length)
    chosen = choose(counts, held, packing.seed)
    order = chosen[np.random.default_rng(packing.seed).permutation(len(chosen))]
    packed = Packed([Stream([part.open(dtype) for part in parts]) for parts in encoded], held, length, dtype)
    total = _total(parts)
    manifest = Manifest(
        dtype=dtype_name(tokenizer.vocab_size),
        sequence_length=length,
        vocab_size=tokenizer.vocab_size,
        end_of_text=tokenizer.end_of_text,
        sequences=len(order),
        tokens=len(order) * length,
        documents=total.documents,
        bytes=total.bytes,
        shards=_write_shards(packed, order, draft),
    )
    manifest.write(draft.folder)
    write_bytes(draft.folder / TOKENIZER_NAME, tokenizer.definition.encode())
    draft.metrics |= {
        "documents": total.documents,
        "bytes": total.bytes,
        "tokens": manifest.tokens,
        "tokens_dropped": total.tokens - sum(held) * length,
        "sequences": manifest.sequences,
        "bytes_per_token": round(total.bytes / total.tokens, 4),
    }
    if len(mix.sources) > 1:
        names = [read_record(source.dataset).name for source in mix.sources]
        draft.metrics["sources"] = contributions(names, counts, held, length)


def _held(counts: Counts, source: Source, length: int) -> int:
    sequences = counts.tokens // length
    if sequences == 0:
        raise InputError(
            f"the dataset has {counts.tokens:,} tokens, fewer than one sequence of {length:,}",
            where=source.dataset,
            hint="give a shorter --context, or curate more documents",
        )
    return sequences


def _total(counts: list[Counts]) -> Counts:
    return Counts(
        documents=sum(each.documents for each in counts),
        bytes=sum(each.bytes for each in counts),
        tokens=sum(each.tokens for each in counts),
    )


def _write_shards(packed: Packed, order: np.ndarray, draft: Draft) -> list[Shard]:
    """Write the sequences in the given order; shards that are there from before a kill are kept."""
    (draft.folder / SHARDS_FOLDER).mkdir(exist_ok=True)
    size = max(1, _SHARD_TOKENS // packed.length)
    counts = write_shuffled(
        packed, order, size, lambda number: draft.folder / shard_name(number), draft.work / "scattered"
    )
    shards = [Shard(file=shard_name(number), sequences=count) for number, count in enumerate(counts)]
    draft.rows |= {shard.file: shard.sequences for shard in shards}
    return shards


def shard_name(number: int) -> str:
    """The file of a shard in a tokens folder."""
    return f"{SHARDS_FOLDER}/{number:05d}.bin"
