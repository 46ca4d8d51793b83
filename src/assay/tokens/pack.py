"""From the documents of a dataset to shuffled token shards.

1. Every document is encoded and followed by the end-of-text token; each dataset shard gives one file of tokens.
2. These files, one after another, are one stream, cut into sequences of context + 1 tokens. Documents are neither
   padded nor masked from each other, as in DCLM. (DCLM packs each input file alone and trains on the padding of its
   last sequence; here what is left at the end of a shard goes on in the next, and only the tail of the whole dataset,
   shorter than a sequence, is dropped and counted.)
3. The sequences are written in the order ``numpy.random.default_rng(seed).permutation(sequences)``.

The result does not depend on the number of workers. Memory: a batch of documents a worker, and 8 bytes a sequence.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from assay.base.errors import InputError
from assay.base.files import atomic_write, write_bytes
from assay.records.artifact import Draft, build, finished
from assay.records.record import RECORD_NAME, Record, read_record, read_record_of
from assay.tokens.encode import Counts, Encoded, encode_shards
from assay.tokens.format import SHARDS_FOLDER, TOKENIZER_NAME, Manifest, Shard, dtype_name
from assay.tokens.identity import tokens_identity
from assay.tokens.source import dataset_shards
from assay.tokens.tokenizer import Tokenizer, load_tokenizer

_SHARD_TOKENS = 1 << 26


def tokenize(
    dataset: str | Path, tokenizer: str | Path, out: Path, context: int, seed: int = 0, workers: int = 1
) -> Record:
    """Make the tokens artifact of a dataset: shards, ``manifest.json`` and a copy of ``tokenizer.json``.

    ``tokenizer`` is a tokenizer.json (also gzipped), or a folder that holds one. InputError when the dataset holds no
    document, or fewer tokens than one sequence of ``context`` + 1.
    """
    if context < 1:
        raise InputError(f"a context needs at least one token, not {context}")
    source = read_record_of(dataset, "dataset")
    identity = replace(tokens_identity({source.id: dataset}, _input(tokenizer), context, seed), name=source.name)
    record = finished(out, identity)
    if record is None:
        shards, loaded = dataset_shards(dataset), load_tokenizer(tokenizer)
        with build(out, identity) as draft:
            started = time.monotonic()
            draft.metrics["encoder"] = loaded.encoder  # before the workers start: they cannot say that they are slow
            encoded = encode_shards(shards, loaded, draft.work / "encoded", workers)
            _write_artifact(encoded, loaded, context + 1, seed, draft)
            draft.metrics["seconds"] = round(time.monotonic() - started, 2)
        record = read_record(out)
    return record


def _input(tokenizer: str | Path) -> dict[str, Path] | str | Path:
    """The artifact that holds the tokenizer by its id, or the file."""
    folder = Path(tokenizer)
    if (folder / RECORD_NAME).exists():
        return {read_record(folder).id: folder}
    return tokenizer


def _write_artifact(encoded: list[Encoded], tokenizer: Tokenizer, length: int, seed: int, draft: Draft) -> None:
    total = _total([part.counts for part in encoded])
    sequences = total.tokens // length
    if sequences == 0:
        raise InputError(
            f"the dataset has {total.tokens:,} tokens, fewer than one sequence of {length:,}",
            hint="give a shorter --context, or curate more documents",
        )
    stream = Stream([part.open(tokenizer.vocab_size) for part in encoded])
    order = np.random.default_rng(seed).permutation(sequences)
    manifest = Manifest(
        dtype=dtype_name(tokenizer.vocab_size),
        sequence_length=length,
        vocab_size=tokenizer.vocab_size,
        end_of_text=tokenizer.end_of_text,
        sequences=sequences,
        tokens=sequences * length,
        documents=total.documents,
        bytes=total.bytes,
        shards=_write_shards(stream, order, length, draft),
    )
    manifest.write(draft.folder)
    write_bytes(draft.folder / TOKENIZER_NAME, tokenizer.definition.encode())
    draft.metrics |= {
        "documents": total.documents,
        "bytes": total.bytes,
        "tokens": manifest.tokens,
        "tokens_dropped": total.tokens - manifest.tokens,
        "sequences": sequences,
        "bytes_per_token": round(total.bytes / total.tokens, 4),
    }


def _total(counts: list[Counts]) -> Counts:
    return Counts(
        documents=sum(each.documents for each in counts),
        bytes=sum(each.bytes for each in counts),
        tokens=sum(each.tokens for each in counts),
    )


def _write_shards(stream: Stream, order: np.ndarray, length: int, draft: Draft) -> list[Shard]:
    """Write the sequences in the given order; shards that are there from before a kill are kept."""
    (draft.folder / SHARDS_FOLDER).mkdir(exist_ok=True)
    size = max(1, _SHARD_TOKENS // length)
    shards = []
    for number, first in enumerate(range(0, len(order), size)):
        chosen = order[first : first + size]
        name = f"{SHARDS_FOLDER}/{number:05d}.bin"
        if not (draft.folder / name).exists():
            with atomic_write(draft.folder / name) as file:
                for index in chosen:
                    file.write(stream.read(index * length, (index + 1) * length).tobytes())
        draft.rows[name] = len(chosen)
        shards.append(Shard(file=name, sequences=len(chosen)))
    return shards


class Stream:
    """Several arrays of tokens as if they were one."""

    def __init__(self, parts: list[np.ndarray]):
        self._parts = parts
        self._starts = np.cumsum([0, *map(len, parts)])

    def read(self, start: int, stop: int) -> np.ndarray:
        """The tokens from ``start`` to ``stop``."""
        first = int(np.searchsorted(self._starts, start, side="right")) - 1
        pieces = []
        for part, offset in zip(self._parts[first:], self._starts[first:], strict=False):
            if offset >= stop:
                break
            pieces.append(part[max(0, start - offset) : stop - offset])
        return np.concatenate(pieces)
