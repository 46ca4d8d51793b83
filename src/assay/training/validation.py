"""Bits per byte of held-out texts while a model trains.

Texts are read as in training: one after another, cut into full contexts, so that a validation is a few batches of one
shape. Of a text, the beginning of a context has less before it than ``assay evaluate`` gives it, which lets contexts
overlap; the numbers here are a little higher, and for watching a run.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import torch
from torch import Tensor

from assay.base.errors import InputError
from assay.base.files import expand
from assay.tokens.jsonl import read_jsonl
from assay.tokens.tokenizer import Tokenizer

IGNORED = -100
"""The target of what is not counted; torch's cross-entropy leaves it out."""


@dataclass(frozen=True)
class HeldOut:
    """The texts of a domain as sequences."""

    inputs: Tensor
    """(S, T) int64."""
    targets: Tensor
    """(S, T) int64; ``IGNORED`` for end-of-text and padding, which are no bytes of a text."""
    bytes: int
    """Of all texts, in UTF-8."""


def load_held_out(files: str | list[str], tokenizer: Tokenizer, context: int) -> HeldOut:
    """The texts of JSON lines with ``text``. InputError when there are none."""
    paths = expand([files] if isinstance(files, str) else files, (".jsonl", ".jsonl.gz", ".jsonl.zst"))
    texts = [text for path in paths for text in _texts(path)]
    if not texts:
        raise InputError("holds no text to validate on", where=", ".join(paths))
    end = tokenizer.end_of_text
    ids = torch.tensor([end, *chain.from_iterable([*text, end] for text in tokenizer.encode_batch(texts))])
    padded = torch.full((-(-(len(ids) - 1) // context) * context + 1,), end)
    padded[: len(ids)] = ids
    targets = padded[1:].masked_fill(padded[1:] == end, IGNORED)
    return HeldOut(padded[:-1].view(-1, context), targets.view(-1, context), sum(len(text.encode()) for text in texts))


def _texts(path: str | Path) -> list[str]:
    texts = []
    for line, row in read_jsonl(path):
        if not isinstance(row.get("text"), str):
            raise InputError("a held-out document needs a text", where=f"{path}:{line}")
        texts.append(row["text"])
    return texts
