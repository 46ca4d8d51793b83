"""Keep documents by the languages that an earlier step found in them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from assay.base.errors import InputError
from assay.curation.documents import Documents
from assay.curation.step import Filter, Rule


@dataclass(frozen=True)
class LanguageProbability:
    """A measurement: the highest probability among some languages, NaN where none of them was found."""

    languages: tuple[str, ...]
    key: str
    """The column, or key of the pool's rows, that maps languages to probabilities."""

    def __call__(self, documents: Documents) -> np.ndarray:
        """The probabilities: float64. InputError when there is no such column, or it maps nothing to numbers."""
        return np.array([self._highest(found) for found in documents.values(self.key)], np.float64)

    def _highest(self, found: object) -> float:
        if found is None:
            return math.nan
        try:
            return max((float(found[name]) for name in self.languages if name in found), default=math.nan)  # type: ignore
        except TypeError as error:
            raise InputError(f"{self.key!r} does not map languages to probabilities") from error


class LanguageFilter(Filter):
    """Keeps documents in which one of the wanted languages is more probable than a threshold."""

    keep_languages: list[str]
    """The languages wanted, as the model names them: ``en``."""
    key: str = "language_id_whole_page_langdetect"
    """The column, or key of the pool's rows, that maps languages to probabilities."""
    threshold: float = 0

    def rules(self) -> tuple[Rule, ...]:
        """One rule: the highest probability of a wanted language, which must exceed the threshold, not reach it."""
        measure = LanguageProbability(tuple(self.keep_languages), self.key)
        above = math.nextafter(self.threshold, math.inf)
        return (Rule(f"probability of {' or '.join(self.keep_languages)}", measure, minimum=above),)
