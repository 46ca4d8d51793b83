"""CLIP's tokenizer: byte-level BPE over cleaned, lower-case captions, as open_clip's SimpleTokenizer.

Its merges are OpenAI's file ``bpe_simple_vocab_16e6.txt.gz``, which is not part of assay: the packages open-clip-torch
and clip hold it, or it can be downloaded from https://github.com/openai/CLIP.
"""

from __future__ import annotations

import gzip
import html
import importlib.util
import os
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import models

from assay.base.errors import InputError
from assay.base.fingerprint import file_sha256
from assay.base.optional import optional

VARIABLE = "ASSAY_CLIP_BPE"
FILE = "bpe_simple_vocab_16e6.txt.gz"
CONTEXT = 77
_VOCABULARY = 49_408
_MERGES = _VOCABULARY - 2 * 256 - 2
_PACKAGES = ("open_clip", "clip")
_SPECIAL = ("<start_of_text>", "<end_of_text>")
_PATTERN = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
"""open_clip's pattern; ``regex`` knows Unicode's classes, which ``re`` does not."""
_END = "</w>"
_REMEMBERED = 1 << 20
"""Words whose tokens are kept."""


class ClipTokenizer:
    """Captions → token ids; ``path`` is the file of merges, by default the one that ``find_merges`` finds."""

    def __init__(self, path: str | Path | None = None):
        self.path = Path(path) if path else find_merges()
        merges = _read_merges(self.path)
        self._letters = _byte_letters()
        letters = list(self._letters.values())
        vocabulary = [*letters, *(letter + _END for letter in letters), *map("".join, merges), *_SPECIAL]
        self._ids = {token: number for number, token in enumerate(vocabulary)}
        self._merges = models.BPE(vocab=self._ids, merges=merges, end_of_word_suffix=_END)
        self.start, self.end = (self._ids[token] for token in _SPECIAL)
        self._known: dict[str, list[int]] = {token: [self._ids[token]] for token in _SPECIAL}
        regex = optional("regex", "pairs", "CLIP's tokenizer")
        self._words = regex.compile("|".join((*_SPECIAL, _PATTERN)), regex.IGNORECASE)

    def __len__(self) -> int:
        """How many tokens there are."""
        return len(self._ids)

    @cached_property
    def sha256(self) -> str:
        """What tells this tokenizer from others."""
        return file_sha256(str(self.path))

    def encode(self, caption: str) -> list[int]:
        """The tokens of one caption, without start and end."""
        return list(self._encode(caption))

    def _encode(self, caption: str) -> Iterator[int]:
        words = self._words.finditer(clean(caption))
        return chain.from_iterable(self._tokens(word[0]) for word in words)

    def __call__(self, captions: Iterable[str], context: int = CONTEXT) -> np.ndarray:
        """int32 (captions, context): start, tokens, end, then zeros; where they are too many the last is the end."""
        rows = [[self.start, *islice(self._encode(caption), context), self.end] for caption in captions]
        table = np.zeros((len(rows), context), np.int32)
        for row, tokens in zip(table, rows, strict=True):
            row[: len(tokens)] = tokens[:context]
            if len(tokens) > context:
                row[-1] = self.end
        return table

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of some tokens, with a space behind every word."""
        names = list(self._ids)
        bytes_of = {letter: byte for byte, letter in self._letters.items()}
        text = "".join(names[token] for token in tokens if token < self.start).replace(_END, " ")
        return bytearray(bytes_of.get(letter, 32) for letter in text).decode(errors="replace")

    def _tokens(self, word: str) -> list[int]:
        found = self._known.get(word)
        if found is None:
            letters = "".join(self._letters[byte] for byte in word.encode())
            found = [token.id for token in self._merges.tokenize(letters)]
            if len(self._known) < _REMEMBERED:
                self._known[word] = found
        return found


def clean(caption: str) -> str:
    """A caption as the tokenizer sees it: repaired by ftfy, HTML entities resolved twice, white space single, lower."""
    if not (caption.isascii() and caption.isprintable() and "&" not in caption):  # ftfy leaves these as they are
        ftfy: Any = optional("ftfy", "pairs", "CLIP's tokenizer")
        caption = html.unescape(html.unescape(ftfy.fix_text(caption)))
    return " ".join(caption.split()).lower()


def find_merges() -> Path:
    """The file of merges: that of ``ASSAY_CLIP_BPE``, or of open_clip or clip. InputError when there is none."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    for package in _PACKAGES:
        spec = importlib.util.find_spec(package)  # finds a package without importing it
        for place in (spec and spec.submodule_search_locations) or []:
            if Path(place, FILE).is_file():
                return Path(place, FILE)
    raise InputError(
        f"there are no merges of CLIP's tokenizer: {FILE}",
        hint=f"pip install --no-deps open-clip-torch, or give the path of the file in the variable {VARIABLE}",
    )


def _read_merges(path: Path) -> list[tuple[str, str]]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            lines = file.read().split("\n")[1 : _MERGES + 1]
    except FileNotFoundError as error:
        raise InputError("no such file", where=path) from error
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(f"is not {FILE}: {error}", where=path) from error
    merges = [(first, second) for first, _, second in (line.partition(" ") for line in lines)]
    if len(merges) < _MERGES or not all(first and second for first, second in merges):
        raise InputError(f"is not {FILE}: it does not hold {_MERGES} merges", where=path)
    return merges


def _byte_letters() -> dict[int, str]:
    """A printable letter for every byte, in the vocabulary's order: most stand for themselves, as in GPT-2's."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + place) for place, byte in enumerate(others)}
