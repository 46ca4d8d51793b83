"""Rules on captions: how long they are, in which language, with or without words of ImageNet's classes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from assay.curation.documents import Documents
from assay.curation.step import Filter, Rule


def caption_counts(documents: Documents) -> np.ndarray:
    """int32 (n, 3): words of str.split(), characters, tokens of fastText."""
    from assay.pairs.kernels.captions import count

    return count(*documents.text_bytes())


def word_count(documents: Documents) -> np.ndarray:
    """Words between (Unicode) white space."""
    return documents.derived(caption_counts)[:, 0]


def character_count(documents: Documents) -> np.ndarray:
    """Code points, white space included."""
    return documents.derived(caption_counts)[:, 1]


def token_count(documents: Documents) -> np.ndarray:
    """Tokens of fastText, for which every newline is one, and only ASCII white space and NUL separate."""
    return documents.derived(caption_counts)[:, 2]


class CaptionLengthFilter(Filter):
    """Keeps captions of so many words and characters, by default as DataComp's basic filter: > 2 and > 5."""

    min_words: int = 3
    min_characters: int = 6
    min_fasttext_tokens: int = 0
    """Of DataComp's image-based filter, which counts otherwise than the basic one: > 1."""

    def rules(self) -> tuple[Rule, ...]:
        """One rule a bound that is set."""
        bounds = (
            ("words", word_count, self.min_words),
            ("characters", character_count, self.min_characters),
            ("fastText tokens", token_count, self.min_fasttext_tokens),
        )
        return tuple(Rule(name, measure, minimum=bound) for name, measure, bound in bounds if bound > 0)


def same_reason(reason: str, documents: Documents) -> list[str]:
    """A rule's ``why`` where there is but one: the value that it measures says nothing to people."""
    return [reason] * len(documents)


@dataclass(frozen=True)
class IsAmong:
    """A measurement: 1 where the string under a key is one of some, otherwise 0."""

    key: str
    strings: tuple[str, ...]

    def __call__(self, documents: Documents) -> np.ndarray:
        """float64. InputError when no document has anything under the key."""
        if not documents.has(self.key):
            return np.array([value in self.strings for value in documents.values(self.key)], np.float64)
        import pyarrow as pa
        import pyarrow.compute as pc

        column = documents.batch.column(self.key)
        among = pc.call_function("is_in", [column], pc.SetLookupOptions(pa.array(self.strings, column.type)))
        return np.asarray(among.cast(pa.float64()))


class CaptionLanguageFilter(Filter):
    """Keeps captions in one of some languages, by the label that ``caption_language`` or the pool gives."""

    languages: list[str] = ["en"]
    key: str = "caption_language"
    """The column, or key of the pool's rows, that holds the label."""

    def rules(self) -> tuple[Rule, ...]:
        """One rule: the language is among them."""
        wanted = " or ".join(self.languages)
        measure, why = IsAmong(self.key, tuple(self.languages)), partial(same_reason, f"language is not {wanted}")
        return (Rule(f"language is {wanted}", measure, minimum=1, why=why),)
