"""Filters on characters and on the length of lines, with the decisions of DCLM's mappers of the same names.

DCLM has them from RedPajama's rules for source code. All of them drop documents without text.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from assay.base.errors import InputError
from assay.base.files import open_bytes
from assay.curation.documents import Documents
from assay.curation.step import Filter, Rule
from assay.text.characters import character_table
from assay.text.measures import named_columns


class LineLengthFilter(Filter):
    """Drops documents with a line of more than ``max_length`` characters, or whose lines have more on average.

    Lines are what str.splitlines() gives.
    """

    length_type: Literal["max", "avg"] = "max"
    max_length: float = 1000

    def rules(self) -> tuple[Rule, ...]:
        """One rule: the length."""
        if self.length_type == "max":
            return (Rule("characters of the longest line", longest_line, maximum=self.max_length),)
        return (Rule("mean characters of a line", mean_line, maximum=self.max_length),)


class AlphanumericCharRatioFilter(Filter):
    """Drops documents in which too few characters are letters or numbers (str.isalnum)."""

    max_alnum_ratio: float = 0.25
    """The least such share, in spite of its name, which is DCLM's."""

    def rules(self) -> tuple[Rule, ...]:
        """One rule: the share."""
        return (Rule("share of letters and numbers", share_of_alphanumeric, self.max_alnum_ratio),)


class AlphabeticCharactersToTokensFilter(Filter):
    """Drops documents with too few letters (str.isalpha) for each token."""

    file_parameters: ClassVar[tuple[str, ...]] = ("tokenizer_name",)

    tokenizer_name: str = "EleutherAI/pythia-6.9b-deduped"
    """A ``tokenizer.json`` of Hugging Face tokenizers. DCLM's name for one stands for a file of that name: nothing is
    downloaded."""
    min_ratio: float = 1.5
    """DCLM's bound, which cannot be changed there."""

    def rules(self) -> tuple[Rule, ...]:
        """One rule: letters for each token."""
        return (Rule("letters per token", LettersPerToken(self.tokenizer_name), self.min_ratio),)


def split_lines(documents: Documents) -> np.ndarray:
    """Lines (str.splitlines), their characters, those of the longest: a structured array of these columns."""
    from assay.text.kernels.characters import LINES, measure_split_lines

    return named_columns(measure_split_lines(*documents.text_bytes()), LINES)


def longest_line(documents: Documents) -> np.ndarray:
    """Characters of the longest line; NaN without lines."""
    lines = documents.derived(split_lines)
    return np.where(lines["lines"] > 0, lines["longest"], np.nan)


def mean_line(documents: Documents) -> np.ndarray:
    """Mean characters of a line; NaN without lines."""
    lines = documents.derived(split_lines)
    with np.errstate(invalid="ignore"):
        return lines["characters"] / lines["lines"]


def kinds_of_characters(documents: Documents) -> np.ndarray:
    """Characters, letters, letters and numbers: a structured array of the columns ``kernels.characters.KINDS``."""
    from assay.text.kernels.characters import KINDS, count_kinds

    return named_columns(count_kinds(*documents.text_bytes(), character_table()), KINDS)


def share_of_alphanumeric(documents: Documents) -> np.ndarray:
    """Share of the characters that are letters or numbers; NaN without characters."""
    kinds = documents.derived(kinds_of_characters)
    with np.errstate(invalid="ignore"):
        return kinds["alphanumeric"] / kinds["characters"]


@dataclass(frozen=True)
class LettersPerToken:
    """A measurement: letters for each token of a tokenizer; NaN without tokens."""

    tokenizer: str

    def __call__(self, documents: Documents) -> np.ndarray:
        """Count both. InputError when there is no such file, or it is not a tokenizer."""
        encodings = _load(self.tokenizer).encode_batch_fast(documents.text.to_pylist(), add_special_tokens=False)
        tokens = np.array([len(encoding) for encoding in encodings], np.int64)
        letters = documents.derived(kinds_of_characters)["alphabetic"]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(tokens > 0, letters / tokens, np.nan)


def _load(path: str) -> Any:
    return _load_once(path, None if "://" in path else Path(path).stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _load_once(path: str, stamp: int | None) -> Any:
    # The stamp makes a file that changed another one.
    import tokenizers

    with open_bytes(path) as file:
        definition = file.read()
    try:
        tokenizer = tokenizers.Tokenizer.from_str(definition.decode())
    except Exception as error:  # the library raises no narrower class
        raise InputError(f"not a tokenizer.json of Hugging Face tokenizers: {error}", where=path) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
