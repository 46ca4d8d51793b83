"""From documents to files of tokens, one for each shard of a dataset; a file that is done is never made again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from pathlib import Path, PurePosixPath

import numpy as np

from assay.base.files import atomic_write, write_bytes
from assay.base.parallel import run_parallel
from assay.base.progress import progress
from assay.tokens.format import numpy_dtype
from assay.tokens.source import read_texts
from assay.tokens.stream import TokenFile
from assay.tokens.tokenizer import Tokenizer

_BATCH_CHARACTERS = 1 << 20


@dataclass(frozen=True)
class Counts:
    """What is in a file of tokens."""

    documents: int
    bytes: int
    """UTF-8 bytes of the text."""
    tokens: int
    """With the end-of-text token of every document."""


@dataclass(frozen=True)
class Encoded:
    """A file of tokens: little-endian unsigned integers, end of text after every document."""

    path: Path
    counts: Counts

    def open(self, dtype: np.dtype) -> TokenFile:
        """The tokens, read as they are sliced."""
        return TokenFile(self.path, dtype, self.counts.tokens)


def encode_shards(shards: list[str], tokenizer: Tokenizer, folder: Path, workers: int) -> list[Encoded]:
    """Encode the shards of a dataset into ``folder``, in their order."""
    folder.mkdir(exist_ok=True)
    encode = partial(_encode_shard, definition=tokenizer.definition, folder=folder)
    encoded: dict[int, Encoded] = {}
    with progress("tokenize", len(shards), "shards") as bar:
        for index, result in run_parallel(encode, shards, workers):
            encoded[index] = result
            bar.advance()
    return [encoded[index] for index in range(len(shards))]


def _encode_shard(shard: str, definition: str, folder: Path) -> Encoded:
    """Encode one shard, unless its counts, which are written last, say that it is done."""
    name = PurePosixPath(shard).name.split(".")[0]
    path, done = folder / f"{name}.bin", folder / f"{name}.json"
    if done.exists():
        return Encoded(path, Counts(**json.loads(done.read_bytes())))
    counts = write_tokens(read_texts(shard), _tokenizer(definition), path)
    write_bytes(done, json.dumps(asdict(counts)).encode())
    return Encoded(path, counts)


@lru_cache(maxsize=1)
def _tokenizer(definition: str) -> Tokenizer:
    """One a process: to load it and to prove its encoder takes longer than a small shard."""
    return Tokenizer(definition)


def write_tokens(texts: Iterable[str], tokenizer: Tokenizer, path: Path) -> Counts:
    """Write the tokens of texts, each followed by the end-of-text token."""
    dtype = numpy_dtype(tokenizer.vocab_size)
    documents = size = tokens = 0
    with atomic_write(path) as file:
        for batch in _batches(texts):
            ids, ends = tokenizer.encode_flat(batch)
            ended = np.insert(ids, ends, tokenizer.end_of_text).astype(dtype, copy=False)
            file.write(ended.data)
            tokens += len(ended)
            documents += len(batch)
            size += sum(len(text.encode()) for text in batch)
    return Counts(documents, size, tokens)


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    characters = 0
    for text in texts:
        batch.append(text)
        characters += len(text)
        if characters >= _BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch
