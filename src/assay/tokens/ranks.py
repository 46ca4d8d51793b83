"""A ``tokenizer.json`` from a file of ranks in tiktoken's format.

The file has a line for each token, its bytes in base64 and its rank, which is its id. It holds neither the merges,
which follow from the ranks, nor the normaliser and the added tokens, which ``catalog/tokens/ranks.yaml`` knows by name.
"""

from __future__ import annotations

import base64
import binascii
from itertools import pairwise
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers

from assay.base.errors import InputError, unknown_name
from assay.base.files import open_bytes, write_bytes
from assay.base.settings import Settings, read_yaml, validate
from assay.catalog import catalog_path
from assay.records.artifact import build, finished
from assay.records.record import Record, read_record
from assay.tokens.format import TOKENIZER_NAME
from assay.tokens.identity import converted_identity
from assay.tokens.tokenizer import Tokenizer

Ranks = dict[bytes, int]


class SpaceRuns(Settings):
    """Added tokens of 2 to ``longest`` spaces; the longest has ``first_id``, the next shorter one the next id."""

    longest: int
    first_id: int

    def ids(self) -> dict[str, int]:
        """The id of each run."""
        return {" " * (self.longest - place): self.first_id + place for place in range(self.longest - 1)}


class Like(Settings):
    """What a file of ranks does not say."""

    description: str
    normalizer: str | None
    special_tokens: list[str]
    """Those that the file does not list get the next free ids."""
    space_runs: SpaceRuns | None


def convert_ranks(path: str | Path, out: Path, like: str) -> Record:
    """A tokenizer artifact from a file of ranks, to be read as the tokenizer named ``like``.

    InputError when the file is not of tiktoken's format, or the name is not known.
    """
    settings = _settings(like)
    identity = converted_identity(path, like)
    record = finished(out, identity)
    if record is None:
        definition = tokenizer_definition(read_ranks(path), settings)
        tokenizer = Tokenizer(definition, where=path)
        with build(out, identity) as draft:
            write_bytes(draft.folder / TOKENIZER_NAME, definition.encode())
            draft.metrics["vocab_size"] = tokenizer.vocab_size
        record = read_record(out)
    return record


def known() -> dict[str, Any]:
    """What can be converted: name → settings, as in the catalog."""
    return read_yaml(catalog_path("tokens", "ranks.yaml"))


def _settings(like: str) -> Like:
    names = known()
    if like not in names:
        raise unknown_name("tokenizer", like, names)
    return validate(Like, names[like], catalog_path("tokens", "ranks.yaml"))


def read_ranks(path: str | Path) -> Ranks:
    """The tokens of a file of ranks. InputError, with the line, where it is not of that format."""
    ranks: Ranks = {}
    with open_bytes(path) as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                token, rank = _parse(line, f"{path}:{number}")
                ranks[token] = rank
    if len(set(ranks.values())) != len(ranks) or not ranks:
        raise InputError("holds no ranks" if not ranks else "gives one rank to two tokens", where=path)
    return ranks


def _parse(line: bytes, where: str) -> tuple[bytes, int]:
    try:
        token, rank = line.split()
        return base64.b64decode(token, validate=True), int(rank)
    except (ValueError, binascii.Error) as error:
        raise InputError("not a token in base64 and its rank", where=where) from error


def tokenizer_definition(ranks: Ranks, like: Like) -> str:
    """The ``tokenizer.json`` that gives the ids of these ranks."""
    runs = like.space_runs.ids() if like.space_runs else {}
    special = [token.encode() for token in like.special_tokens]
    written = _byte_characters()
    plain = {token: rank for token, rank in ranks.items() if token not in special and rank not in runs.values()}
    vocabulary = {_written(token, written): rank for token, rank in plain.items()}
    for token in like.special_tokens:
        taken = {*vocabulary.values(), *runs.values()}
        vocabulary[token] = ranks.get(token.encode(), max(taken, default=-1) + 1)
    merges = [(_written(left, written), _written(right, written)) for left, right in merges_of(plain)]
    inner = tokenizers.Tokenizer(models.BPE(vocab=vocabulary | runs, merges=merges))
    if like.normalizer:
        inner.normalizer = getattr(normalizers, like.normalizer)()
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    inner.add_special_tokens(like.special_tokens)
    inner.add_tokens([tokenizers.AddedToken(run, normalized=True) for run in runs])
    return inner.to_str(pretty=True)


def merges_of(ranks: Ranks) -> list[tuple[bytes, bytes]]:
    """The pair that makes each token of several bytes, in the order of ranks.

    A token is made of the two parts that are left when its bytes are merged by the ranks below its own. Tokens that
    these do not make are left out: no text has them.
    """
    order = sorted((token for token in ranks if len(token) > 1), key=ranks.__getitem__)
    split = ((token, _merge(token, ranks)) for token in order)
    return [(parts[0], parts[1]) for token, parts in split if len(parts) == 2]


def _merge(token: bytes, ranks: Ranks) -> list[bytes]:
    """The parts of a token after all merges of ranks below its own, the lowest rank and the leftmost place first."""
    parts = [bytes([byte]) for byte in token]
    while True:
        pairs = [(ranks.get(a + b, ranks[token]), place) for place, (a, b) in enumerate(pairwise(parts))]
        rank, place = min(pairs, default=(ranks[token], 0))
        if rank >= ranks[token]:
            return parts
        parts[place : place + 2] = [parts[place] + parts[place + 1]]


def _byte_characters() -> list[str]:
    """How byte-level BPE writes each byte: printable ones as themselves, others from U+0100 on (GPT-2)."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = iter(range(256, 512))
    return [chr(byte if byte in plain else next(others)) for byte in range(256)]


def _written(token: bytes, characters: list[str]) -> str:
    return "".join(characters[byte] for byte in token)
