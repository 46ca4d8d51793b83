"""A faster encoder, where it gives the very ids of Hugging Face tokenizers.

``fastokens`` reads the same ``tokenizer.json`` and encodes about a hundred times faster on one core
(``benchmarks/tokenizing.py``). It is used only after it has given the same ids as Hugging Face tokenizers for a proof
text, with this very tokenizer: pieces of ``catalog/tokens/proof.txt``, entries of the vocabulary and every added token,
put together at random from a fixed seed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import version
from typing import Any, TypeVar

import fastokens
import numpy as np
import tokenizers

from assay.catalog import catalog_path

T = TypeVar("T")

_DOCUMENTS = 120
_PIECES = 60
_ENTRIES = 2_000
"""Entries of the vocabulary and characters that take part in the proof: with these numbers it takes about 0.3 s."""
_SURROGATES = range(0xD800, 0xE000)


@lru_cache(maxsize=4)
def fast_encoder(definition: str) -> tuple[Any, str]:
    """The fast encoder of a ``tokenizer.json`` (None where there is none), and its version or why there is none."""
    plain = _plain(definition)
    reference = tokenizers.Tokenizer.from_str(plain)
    reference.encode_special_tokens = True
    try:
        encoder = fastokens.Tokenizer.from_json_str(plain)
        problem = _difference(encoder, reference, proof(definition))
    except Exception as error:  # the library raises no narrower class for what it does not support
        encoder, problem = None, str(error)
    return (None, problem) if problem else (encoder, f"fastokens {version('fastokens')}")


def encode_flat(encoder: Any, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """The ids of all texts, one after another (uint32), and where each text's ids end (int64)."""
    ids, offsets = encoder.encode_batch_flat(texts, add_special_tokens=False, split_special_tokens=True)
    return np.frombuffer(ids, "<u4"), np.frombuffer(offsets, "<u8")[1:].astype(np.int64)


def _plain(definition: str) -> str:
    """Without truncation and padding, as a dataset is encoded."""
    return json.dumps(json.loads(definition) | {"truncation": None, "padding": None}, ensure_ascii=False)


def _difference(encoder: Any, reference: tokenizers.Tokenizer, texts: list[str]) -> str:
    """What differs first between the two, empty when nothing does."""
    ids, ends = encode_flat(encoder, texts)
    encodings = reference.encode_batch_fast(texts, add_special_tokens=False)
    for text, found, wanted in zip(texts, np.split(ids, ends[:-1]), encodings, strict=True):
        if found.tolist() != wanted.ids:
            return f"fastokens gives other ids for {text[:60]!r}"
    return ""


def proof(definition: str) -> list[str]:
    """The texts on which the two encoders must agree; they depend on the tokenizer alone."""
    chance = np.random.default_rng(0)
    parsed = json.loads(definition)
    added = [token["content"] for token in parsed.get("added_tokens") or []]
    lines = catalog_path("tokens").joinpath("proof.txt").read_text(encoding="utf-8").split("\n")
    pieces = [*lines, *_whitespace(), *_entries(parsed, chance), *_characters(chance)]
    chosen = (pieces, lines, added or lines, _whitespace())
    texts = ["".join(_pick(_pick(chosen, chance), chance) for _ in range(_PIECES)) for _ in range(_DOCUMENTS)]
    around = [f"{before}{token}{after}" for token in added for before in ("", " ", "a") for after in ("", "  ", "b")]
    return ["", *lines, *_whitespace(), *added, *around, "\n".join(lines), "".join(texts[:20]), *texts]


def _pick(choices: Sequence[T], chance: np.random.Generator) -> T:
    return choices[int(chance.integers(len(choices)))]


def _whitespace() -> list[str]:
    """Runs of white space, up to longer than any token."""
    return [
        space * count for space in (" ", "\n", "\t", "\r\n", "\u00a0", "\u3000", " \n") for count in (1, 2, 3, 7, 200)
    ]


def _entries(parsed: dict[str, Any], chance: np.random.Generator) -> list[str]:
    """Entries of the vocabulary, as they are written in the file."""
    vocabulary = parsed.get("model", {}).get("vocab") or {}
    entries = [entry if isinstance(entry, str) else entry[0] for entry in vocabulary]
    chosen = [_pick(entries, chance) for _ in range(_ENTRIES if entries else 0)]
    return [piece for entry in chosen for piece in (entry, entry.replace("Ġ", " ").replace("▁", " "))]


def _characters(chance: np.random.Generator) -> list[str]:
    """Characters from all planes of Unicode, assigned or not; half of them of the first planes' scripts."""
    codes = [chance.integers(limit, size=_ENTRIES) for limit in (0x3000, sys.maxunicode + 1)]
    return [chr(code) for code in np.concatenate(codes) if code not in _SURROGATES]
