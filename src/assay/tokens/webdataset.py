"""Tokens in the form that open_lm trains on, written and read: WebDataset tars of sequences, and their manifest.

A folder holds ``shard_00000000.tar`` and so on, and ``manifest.jsonl``, a line ``{"shard": "shard_00000000",
"num_sequences": 8192}`` for each. A member of a tar, ``*.json.gz``, is a sequence: a JSON list of ids (2,049 for a
context of 2,048). DCLM's two tokenizers write the same, but for the names of members; the last line of the manifest
ends with a newline here, without which open_lm silently never reads the last shard (as with DCLM's Rust tokenizer).
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from assay.base.errors import InputError
from assay.base.files import atomic_write, write_bytes
from assay.base.fingerprint import file_sha256
from assay.base.parallel import run_parallel
from assay.base.progress import progress
from assay.records.artifact import Draft, Identity, build, finished
from assay.records.record import Record, read_record, read_record_of
from assay.tokens.format import (
    SHARDS_FOLDER,
    TOKENIZER_NAME,
    Manifest,
    Shard,
    dtype_name,
    numpy_dtype,
    open_shard,
    read_manifest,
)
from assay.tokens.jsonl import read_jsonl
from assay.tokens.tokenizer import Tokenizer, load_tokenizer

MANIFEST_LINES = "manifest.jsonl"
SHARD_SEQUENCES = 8192
"""DCLM's ``wds_chunk_size``."""
_MEMBER_LIMIT = 1 << 24
"""Bytes of a member when unpacked; 2,049 ids take 14 kB."""


def export_webdataset(tokens: str | Path, out: Path, workers: int = 1) -> Record:
    """Write a tokens folder as WebDataset shards, in the same order of sequences; the artifact's kind is webdataset."""
    source = read_record_of(tokens, "tokens")
    identity = Identity("webdataset", source.name, {"shard_sequences": SHARD_SEQUENCES}, {source.id: tokens})
    record = finished(out, identity)
    if record is None:
        manifest = read_manifest(Path(tokens))
        with build(out, identity) as draft:
            starts = list(range(0, manifest.sequences, SHARD_SEQUENCES))
            write = partial(_write_tar, tokens=Path(tokens), folder=draft.folder)
            with progress("webdataset", len(starts), "shards") as bar:
                for _ in run_parallel(write, starts, workers):
                    bar.advance()
            _write_lines(starts, manifest, draft)
        record = read_record(out)
    return record


def _write_lines(starts: list[int], manifest: Manifest, draft: Draft) -> None:
    sizes = [min(SHARD_SEQUENCES, manifest.sequences - start) for start in starts]
    rows = [{"shard": _name(start), "num_sequences": size} for start, size in zip(starts, sizes, strict=True)]
    write_bytes(draft.folder / MANIFEST_LINES, "".join(json.dumps(row) + "\n" for row in rows).encode())
    draft.rows |= {f"{row['shard']}.tar": row["num_sequences"] for row in rows}
    draft.metrics |= {"sequences": manifest.sequences, "tokens": manifest.tokens}


def _name(start: int) -> str:
    return f"shard_{start // SHARD_SEQUENCES:08d}"


def _write_tar(start: int, tokens: Path, folder: Path) -> None:
    """Write one tar, the same bytes every time; one that is there from before a kill is kept."""
    path = folder / f"{_name(start)}.tar"
    if path.exists():
        return
    with atomic_write(path) as file, tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for number, sequence in enumerate(_sequences(tokens, start, start + SHARD_SEQUENCES)):
            data = gzip.compress(json.dumps(sequence.tolist()).encode(), compresslevel=6, mtime=0)
            member = tarfile.TarInfo(f"{start // SHARD_SEQUENCES:08d}_{number:08d}.json.gz")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


def _sequences(tokens: Path, first: int, last: int) -> Iterator[np.ndarray]:
    """The sequences of a tokens folder from ``first`` up to ``last``."""
    manifest, start = read_manifest(tokens), 0
    for shard in manifest.shards:
        low, high = max(first - start, 0), min(last - start, shard.sequences)
        if low < high:
            yield from open_shard(tokens, manifest, shard)[low:high]
        start += shard.sequences


def is_webdataset(folder: str | Path) -> bool:
    """Whether a folder holds sequences in this form: a manifest of tars, and not only a pool's list of files."""
    path = Path(folder) / MANIFEST_LINES
    return path.is_file() and b'"num_sequences"' in path.read_bytes()[:1000]


def import_webdataset(folder: str | Path, tokenizer: str | Path, out: Path, workers: int = 1) -> Record:
    """Make the tokens artifact of WebDataset shards, also of DCLM's own tokenizers, in the order of the manifest.

    ``tokenizer`` is the one with which they were made. InputError, with the shard and member, for sequences that are
    not lists of its ids, all of one length, and for a manifest that says otherwise.
    """
    folder, loaded = Path(folder), load_tokenizer(tokenizer)
    rows = [(f"{folder / MANIFEST_LINES}:{number}", row) for number, row in read_jsonl(folder / MANIFEST_LINES)]
    tars = [_tar(folder, where, row) for where, row in rows]
    if not tars:
        raise InputError("lists no shards", where=folder / MANIFEST_LINES)
    config = {
        "shards": [{"sha256": file_sha256(str(path))} for path, _ in tars],
        "tokenizer": Identity("", "", {"definition": loaded.definition}).id,
    }
    identity = Identity("tokens", folder.resolve().name, config)
    record = finished(out, identity)
    if record is None:
        with build(out, identity) as draft:
            _write_tokens(tars, loaded, workers, draft)
        record = read_record(out)
    return record


def _tar(folder: Path, where: str, row: dict[str, Any]) -> tuple[Path, int]:
    """The file and the number of sequences that a line of the manifest names."""
    shard, count = row.get("shard"), row.get("num_sequences")
    if not isinstance(shard, str) or not isinstance(count, int) or Path(shard).name != shard:
        raise InputError('is not of the form {"shard": NAME, "num_sequences": N}', where=where)
    path = folder / f"{shard}.tar"
    if not path.is_file():
        raise InputError(f"names {shard}, but there is no {path.name}", where=where)
    return path, count


def _write_tokens(tars: list[tuple[Path, int]], tokenizer: Tokenizer, workers: int, draft: Draft) -> None:
    (draft.folder / SHARDS_FOLDER).mkdir(exist_ok=True)
    write = partial(_write_shard, folder=draft.folder, vocab_size=tokenizer.vocab_size, end=tokenizer.end_of_text)
    made: dict[int, tuple[Shard, int, int]] = {}
    with progress("webdataset", len(tars), "shards") as bar:
        for index, result in run_parallel(write, list(enumerate(tars)), workers):
            made[index] = result
            bar.advance()
    shards = [made[index][0] for index in range(len(tars))]
    lengths = {length for _, length, _ in made.values()}
    if len(lengths) > 1:
        raise InputError(f"hold sequences of {' and '.join(map(str, sorted(lengths)))} tokens", where=tars[0][0].parent)
    length, sequences = lengths.pop(), sum(shard.sequences for shard in shards)
    manifest = Manifest(
        dtype=dtype_name(tokenizer.vocab_size),
        sequence_length=length,
        vocab_size=tokenizer.vocab_size,
        end_of_text=tokenizer.end_of_text,
        sequences=sequences,
        tokens=sequences * length,
        documents=sum(documents for _, _, documents in made.values()),
        bytes=None,
        shards=shards,
    )
    manifest.write(draft.folder)
    write_bytes(draft.folder / TOKENIZER_NAME, tokenizer.definition.encode())
    draft.rows |= {shard.file: shard.sequences for shard in shards}
    draft.metrics |= {"sequences": sequences, "tokens": manifest.tokens, "documents": manifest.documents}


def _write_shard(
    numbered: tuple[int, tuple[Path, int]], folder: Path, vocab_size: int, end: int
) -> tuple[Shard, int, int]:
    """Write the sequences of one tar; the shard, their length, and how many ends of documents are in them."""
    number, (path, count) = numbered
    rows = list(_read_tar(path))
    lengths = {len(row) for row in rows}
    if len(rows) != count:
        raise InputError(f"holds {len(rows):,} sequences, the manifest says {count:,}", where=path)
    if len(lengths) != 1:
        raise InputError(f"holds sequences of {sorted(lengths)} tokens, where all must be of one length", where=path)
    sequences = np.array(rows, np.int64)
    if sequences.min() < 0 or sequences.max() >= vocab_size:
        raise InputError(
            f"holds ids from {sequences.min()} to {sequences.max()}; the tokenizer has {vocab_size:,}",
            where=path,
            hint="give the --tokenizer with which they were made",
        )
    shard = Shard(file=f"{SHARDS_FOLDER}/{number:05d}.bin", sequences=count)
    write_bytes(folder / shard.file, sequences.astype(numpy_dtype(vocab_size)).tobytes())
    return shard, lengths.pop(), int((sequences == end).sum())


def _read_tar(path: Path) -> Iterator[list[int]]:
    """The sequences of a tar, in its order."""
    try:
        with tarfile.open(path, "r:") as tar:
            for member in tar:
                if member.isfile():
                    yield _sequence(tar.extractfile(member), f"{path}: {member.name}")
    except tarfile.TarError as error:
        raise InputError(f"not a readable tar: {error}", where=path) from error


def _sequence(file: Any, where: str) -> list[int]:
    try:
        with gzip.open(file) as unpacked:
            ids = json.loads(unpacked.read(_MEMBER_LIMIT))
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise InputError(f"not a list of ids in JSON with gzip: {error}", where=where) from error
    if not isinstance(ids, list) or set(map(type, ids)) != {int}:
        raise InputError("not a list of ids", where=where)
    return ids
