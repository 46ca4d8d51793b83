"""How near extractors come to the main text of web pages, and what they cost.

    report = score_extractors(Path("wcxb/test"), ["resiliparse", "trafilatura"])

The measure is WCXB's: F1 of the bags of words (letters, digits and _; lower case) of a page, and the mean over pages.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from assay.base.errors import InputError
from assay.base.progress import progress
from assay.evaluation.gold_pages import GoldPage, read_gold
from assay.text.extract import Extractor, HtmlExtraction

_WORD = re.compile(r"\w+")


class WordScore(NamedTuple):
    """Agreement of two texts, or its mean over pages; each from 0 to 1."""

    f1: float
    precision: float
    recall: float


@dataclass
class ExtractorScore:
    """What one extractor made of a gold set."""

    extractor: str
    scores: dict[str, list[WordScore]] = field(default_factory=dict)
    """Page by page, for each type of page."""
    without_text: int = 0
    """Pages of which it gave nothing; they are scored like an empty text."""
    cpu_seconds: float = 0.0

    def summary(self) -> dict[str, Any]:
        """Means over all pages and over those of each type."""
        everything = [score for scores in self.scores.values() for score in scores]
        return {
            "extractor": self.extractor,
            **_mean(everything),
            "types": {type_: _mean(scores) for type_, scores in self.scores.items()},
            "without_text": self.without_text,
            "cpu_seconds": self.cpu_seconds,
            "pages_per_cpu_second": len(everything) / self.cpu_seconds,
        }


@dataclass(frozen=True)
class ExtractionReport:
    """Several extractors on the same pages."""

    pages: int
    """Pages of the gold set, those that cannot be read among them."""
    unreadable: int
    """Pages whose HTML is not there or damaged: left out of all scores."""
    extractors: list[dict[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


def score_extractors(folder: Path, extractors: Sequence[Extractor]) -> ExtractionReport:
    """Score extractors on a gold set; every page is read once.

    InputError when the folder is not a gold set, or none of its pages can be read; MachineError when an extractor is
    not installed.
    """
    steps: dict[Extractor, HtmlExtraction] = {name: HtmlExtraction(extractor=name) for name in extractors}
    for step in steps.values():
        step.extract(b"<p>imports the package")
    found: dict[Extractor, ExtractorScore] = {name: ExtractorScore(name) for name in steps}
    gold = read_gold(folder)
    unreadable = 0
    with progress("extraction", len(gold), "pages") as bar:
        for page in gold:
            html = page.html()
            if html is None:
                unreadable += 1
            else:
                _score_page(page, html, steps, found)
            bar.advance()
    if unreadable == len(gold):
        raise InputError(f"none of the {len(gold)} pages can be read", where=folder, hint="is the folder html whole?")
    return ExtractionReport(len(gold), unreadable, [score.summary() for score in found.values()])


def _score_page(
    page: GoldPage, html: bytes, steps: dict[Extractor, HtmlExtraction], found: dict[Extractor, ExtractorScore]
) -> None:
    for name, step in steps.items():
        started = time.process_time()
        text, _ = step.extract(html)
        found[name].cpu_seconds += time.process_time() - started
        found[name].without_text += text is None
        found[name].scores.setdefault(page.type, []).append(word_score(text or "", page.text))


def word_score(text: str, gold: str) -> WordScore:
    """Words of ``text`` that are in ``gold``, each as often as it is in both. Two texts without words are equal."""
    found, wanted = _words(text), _words(gold)
    if not found or not wanted:
        return WordScore(*[float(found == wanted)] * 3)
    common = (found & wanted).total()
    precision, recall = common / found.total(), common / wanted.total()
    return WordScore(2 * precision * recall / (precision + recall) if common else 0.0, precision, recall)


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text.lower()))


def _mean(scores: list[WordScore]) -> dict[str, Any]:
    means = np.mean(scores, axis=0)
    return {"pages": len(scores), **dict(zip(WordScore._fields, map(float, means), strict=True))}
