"""How many bits a byte of held-out text costs under the model: a loss that does not depend on the tokenizer.

Every document is scored by itself, after an end-of-text token: all its tokens, each exactly once. A document longer
than the context is read in windows that overlap by a quarter of the context, so that each token is scored with at
least so much before it (or with everything, near the beginning), at a cost of 4/3 of a single reading.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from assay.base.errors import InputError
from assay.base.progress import progress
from assay.evaluation.task import Measured, Request, Task
from assay.tokens.jsonl import read_jsonl

if TYPE_CHECKING:
    from assay.evaluation.scoring import Scorer


@dataclass(frozen=True)
class Document:
    """A held-out text."""

    id: str
    text: str

    @property
    def bytes(self) -> int:
        """Its size in UTF-8."""
        return len(self.text.encode())


class BitsPerByte(Task):
    """Held-out text: JSON lines with ``text`` and, if wanted, ``id`` (by default its number)."""

    metric: ClassVar[str] = "bits_per_byte"
    higher_is_better: ClassVar[bool] = False
    rows_file: ClassVar[str] = "documents.jsonl"

    limit: int | None = Field(None, ge=1)
    """Score only the first so many documents."""

    def check(self) -> None:
        """Read all documents."""
        for _ in read_documents(self.data):
            pass

    def measure(self, scorer: Scorer) -> Measured:
        """Bits of all documents over bytes of all documents."""
        documents = list(islice(read_documents(self.data), self.limit))
        bits = document_bits(documents, scorer, self.name)
        sizes = np.array([document.bytes for document in documents])
        rows = [
            {"id": document.id, "bits": float(cost), "bytes": document.bytes}
            for document, cost in zip(documents, bits, strict=True)
        ]
        return Measured(float(bits.sum() / sizes.sum()), ratio_stderr(bits, sizes), rows)


def read_documents(files: list[str]) -> Iterator[Document]:
    """The documents of held-out files. InputError for a row without text, and for an id that comes twice."""
    seen: set[str] = set()
    for file in files:
        for line, row in read_jsonl(file):
            where = f"{file}:{line}"
            text, id_ = row.get("text"), str(row.get("id", len(seen)))
            if not isinstance(text, str) or not text:
                raise InputError("a held-out document needs a text that is not empty", where=where)
            if id_ in seen:
                raise InputError(f"the id {id_!r} comes twice; scores are paired by it", where=where)
            seen.add(id_)
            yield Document(id_, text)
    if not seen:
        raise InputError("holds no document", where=", ".join(files))


def document_bits(documents: list[Document], scorer: Scorer, title: str) -> np.ndarray:
    """The bits of each document: float64, shape (documents,)."""
    bits = np.zeros(len(documents))
    pieces = [
        (index, Request(*window))
        for index, ids in enumerate(scorer.tokenizer.encode_batch([document.text for document in documents]))
        for window in windows(np.array([scorer.tokenizer.end_of_text, *ids], np.int32), scorer.context)
    ]
    with progress(title, len(pieces), "windows") as bar:
        losses = scorer.losses(request for _, request in pieces)
        for (index, _), nats in zip(pieces, losses, strict=True):
            bits[index] += nats.sum() / math.log(2)
            bar.advance()
    return bits


def windows(tokens: np.ndarray, context: int) -> Iterator[tuple[np.ndarray, int]]:
    """Overlapping pieces of at most ``context`` + 1 tokens, and the first position of each that is to be scored.

    All positions but 0 are scored in exactly one piece.
    """
    stride = context - context // 4
    yield tokens[: context + 1], 1
    for end in range(context + 1, len(tokens), stride):
        start = end - (context + 1 - stride)
        yield tokens[start : end + stride], end - start


def ratio_stderr(bits: np.ndarray, sizes: np.ndarray) -> float | None:
    """Standard error of sum(bits) / sum(sizes) over documents drawn at random (the delta method); None below two."""
    count = len(bits)
    if count < 2:
        return None
    residuals = bits - bits.sum() / sizes.sum() * sizes
    return float(math.sqrt(count / (count - 1) * (residuals**2).sum()) / sizes.sum())
