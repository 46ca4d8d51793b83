"""Text to token ids: a byte-level BPE trained on a dataset, or any ``tokenizer.json`` of Hugging Face tokenizers."""

from __future__ import annotations

import gzip
import hashlib
import heapq
import zlib
from collections.abc import Iterable
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import tokenizers

from assay.base.errors import InputError
from assay.base.files import open_bytes, write_bytes
from assay.base.progress import log
from assay.records.artifact import Draft, build, finished
from assay.records.record import Record, read_record, read_record_of
from assay.tokens.fast import encode_flat, fast_encoder
from assay.tokens.format import TOKENIZER_NAME
from assay.tokens.identity import MEGABYTES, MINIMUM_FREQUENCY, tokenizer_file, tokenizer_identity
from assay.tokens.source import dataset_shards, read_texts

END_OF_TEXT = "<|endoftext|>"
_END_OF_TEXT_NAMES = (END_OF_TEXT, "</s>", "<|end_of_text|>", "<eos>")
_SMALLEST_VOCABULARY = 257  # every byte, and the end of text
_GZIP = b"\x1f\x8b"


class Tokenizer:
    """A tokenizer with an end-of-text token.

    Text is never read as special tokens: a document that holds the characters ``<|endoftext|>`` gets the ids of these
    characters, so that it cannot pretend to be two documents.
    """

    def __init__(self, definition: str, where: object = "tokenizer"):
        self.definition = definition
        """The ``tokenizer.json``, as text."""
        try:
            self._inner = tokenizers.Tokenizer.from_str(definition)
        except Exception as error:  # the library raises no narrower class
            raise InputError(f"not a tokenizer.json of Hugging Face tokenizers: {error}", where=where) from error
        self._inner.encode_special_tokens = True
        self._inner.no_padding()
        self._inner.no_truncation()
        self.end_of_text = _end_of_text(self._inner, where)
        """Id of the token that follows every document."""
        self.vocab_size = max(self._inner.get_vocab(with_added_tokens=True).values()) + 1
        """One more than the highest id."""

    @cached_property
    def _fast(self) -> tuple[Any, str]:
        encoder, said = fast_encoder(self.definition)
        if encoder is None:
            log(f"slow: Hugging Face tokenizers encodes, since the fast encoder cannot take its place: {said}")
            said = f"tokenizers {tokenizers.__version__}"
        return encoder, said

    @property
    def encoder(self) -> str:
        """The library that ``encode_flat`` uses, with its version. The ids are the same whichever it is."""
        return self._fast[1]

    def encode_flat(self, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        """The ids of all texts, one after another (uint32), and where each text's ids end (int64): for many texts.

        The first call takes a part of a second to prove the fast encoder, or to say why it is not used.
        """
        encoder, _ = self._fast
        if encoder is not None:
            return encode_flat(encoder, texts)
        ids = self.encode_batch(texts)
        flat = np.fromiter(chain.from_iterable(ids), np.uint32)
        return flat, np.cumsum([*map(len, ids)], dtype=np.int64)

    def encode(self, text: str) -> list[int]:
        """The ids of a text."""
        return self.encode_batch([text])[0]

    def encode_batch(self, texts: list[str], special_tokens: bool = False) -> list[list[int]]:
        """The ids of many texts; with ``special_tokens``, also those that the tokenizer itself adds around a text."""
        return [encoding.ids for encoding in self._inner.encode_batch_fast(texts, add_special_tokens=special_tokens)]

    def decode(self, ids: list[int]) -> str:
        """The text of some ids, special tokens left out."""
        return self._inner.decode(ids, skip_special_tokens=True)


def _end_of_text(inner: tokenizers.Tokenizer, where: object) -> int:
    for name in _END_OF_TEXT_NAMES:
        id_ = inner.token_to_id(name)
        if id_ is not None:
            return id_
    raise InputError(
        "the tokenizer has no end-of-text token",
        where=where,
        hint=f"one of {', '.join(_END_OF_TEXT_NAMES)} must be in its vocabulary or added_tokens",
    )


def load_tokenizer(path: str | Path) -> Tokenizer:
    """The tokenizer in a ``tokenizer.json`` (also gzipped), or in a folder that holds one.

    InputError when the file is absent, is not a tokenizer, or has no end-of-text token.
    """
    return Tokenizer(read_definition(path), where=path)


def read_definition(path: str | Path) -> str:
    """The text of a ``tokenizer.json``."""
    path = tokenizer_file(path)
    with open_bytes(path) as file:
        data = file.read()
    try:
        return (gzip.decompress(data) if data.startswith(_GZIP) else data).decode()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(f"not a tokenizer.json: {error}", where=path) from error


def copy_tokenizer(path: str | Path, out: Path) -> Record:
    """An artifact from a tokenizer file."""
    identity = tokenizer_identity(path=path)
    record = finished(out, identity)
    if record is None:
        tokenizer = load_tokenizer(path)
        with build(out, identity) as draft:
            _write(tokenizer, draft)
        record = read_record(out)
    return record


def train_tokenizer(dataset: str | Path, vocab_size: int, out: Path, megabytes: float = MEGABYTES) -> Record:
    """Train a byte-level BPE (GPT-2's pre-tokeniser, every byte in the vocabulary, end of text is id 0).

    It sees the documents of the dataset in a fixed pseudo-random order, until ``megabytes`` of text. The result does
    not depend on threads. With too little text for ``vocab_size`` merges the vocabulary is smaller; the record's
    metrics say how large.
    """
    if vocab_size < _SMALLEST_VOCABULARY:
        raise InputError(f"a byte-level vocabulary needs at least {_SMALLEST_VOCABULARY} entries, not {vocab_size}")
    source = read_record_of(dataset, "dataset")
    identity = tokenizer_identity({source.id: dataset}, vocab_size, megabytes)
    record = finished(out, identity)
    if record is None:
        texts = (text for shard in dataset_shards(dataset) for text in read_texts(shard))
        sample = sample_texts(texts, max(1, int(megabytes * 1e6)))
        with build(out, identity) as draft:
            _write(train_bpe(sample, vocab_size), draft)
            draft.metrics |= {"documents": len(sample), "bytes": sum(map(_size, sample))}
        record = read_record(out)
    return record


def _write(tokenizer: Tokenizer, draft: Draft) -> None:
    write_bytes(draft.folder / TOKENIZER_NAME, tokenizer.definition.encode())
    draft.metrics["vocab_size"] = tokenizer.vocab_size


def train_bpe(texts: list[str], vocab_size: int) -> Tokenizer:
    """A byte-level BPE trained on texts."""
    inner = tokenizers.Tokenizer(tokenizers.models.BPE())
    inner.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=MINIMUM_FREQUENCY,
        special_tokens=[END_OF_TEXT],
        initial_alphabet=sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    inner.train_from_iterator(texts, trainer)
    return Tokenizer(inner.to_str(pretty=True))


def sample_texts(texts: Iterable[str], size: int) -> list[str]:
    """Texts in a pseudo-random order that is fixed by their number, until they hold ``size`` bytes (or all do).

    Holds no more than ``size`` bytes and one document in memory.
    """
    heap: list[tuple[int, str]] = []  # the largest key first
    held = 0
    for number, text in enumerate(texts):
        heapq.heappush(heap, (-_key(number), text))
        held += _size(text)
        while held - _size(heap[0][1]) >= size:
            held -= _size(heapq.heappop(heap)[1])
    return [text for _, text in sorted(heap, reverse=True)]


def _key(number: int) -> int:
    return int.from_bytes(hashlib.blake2b(number.to_bytes(8, "little"), digest_size=8).digest(), "little")


def _size(text: str) -> int:
    return len(text.encode())
