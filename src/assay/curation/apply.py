"""One step on one batch of documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay.curation.documents import Documents
from assay.curation.step import Filter, Modified, Modifier, Rule, Scorer, Splitter, Step

KEPT = -1
_REASONS = 3  # of each rule, in the order of Rule.reasons


@dataclass(frozen=True)
class Outcome:
    """What a step did to a batch."""

    documents: Documents
    """The documents that go on."""
    codes: np.ndarray
    """int16, one entry a document of the input: -1 kept, otherwise an index into ``reasons``."""
    reasons: tuple[str, ...]
    added: int = 0
    """Documents that go on beyond those that were kept: made by splitting."""

    @property
    def kept(self) -> np.ndarray:
        """bool, one entry a document of the input."""
        return self.codes == KEPT


def apply(step: Step, documents: Documents) -> Outcome:
    """Run a filter, modifier, scorer or splitter on a batch."""
    if isinstance(step, Filter):
        codes, reasons = judge(step.rules(), documents)
        return Outcome(documents.keep(codes == KEPT), codes, reasons)
    if isinstance(step, Modifier):
        return changed(step.modify(documents), documents)
    if isinstance(step, Scorer):
        return Outcome(documents.with_columns(step.score(documents)), _all_kept(documents), ())
    if isinstance(step, Splitter):
        batch, _ = step.split(documents)
        return Outcome(Documents(batch), _all_kept(documents), (), len(batch) - len(documents))
    raise TypeError(f"{type(step).__name__} cannot be applied to a single batch")


def judge(rules: tuple[Rule, ...], documents: Documents) -> tuple[np.ndarray, tuple[str, ...]]:
    """The reason code of each document under the rules (the first that fails), and the reasons."""
    measured = [documents.derived(rule.measure) for rule in rules]
    codes, reasons = judge_values(rules, measured, len(documents))
    told = list(reasons)
    for index, rule in enumerate(rules):
        if rule.why is not None:
            _say_why(rule.why(documents), np.flatnonzero(codes // _REASONS == index), codes, told)
    return codes, tuple(told)


def judge_values(
    rules: tuple[Rule, ...], measured: Sequence[np.ndarray], count: int
) -> tuple[np.ndarray, tuple[str, ...]]:
    """The same for ``count`` documents from what the rules measure, one array a rule."""
    codes = np.full(count, KEPT, np.int16)
    for index, (rule, numbers) in enumerate(zip(rules, measured, strict=True)):
        values = np.asarray(numbers, dtype=np.float64)
        alive = codes == KEPT
        codes[alive & (values < rule.minimum)] = _REASONS * index
        codes[alive & (values > rule.maximum)] = _REASONS * index + 1
        codes[alive & np.isnan(values)] = _REASONS * index + 2
    return codes, tuple(reason for rule in rules for reason in rule.reasons)


def _say_why(why: Sequence[str | None], rows: np.ndarray, codes: np.ndarray, reasons: list[str]) -> None:
    """Give the documents ``rows`` the reasons that the rule itself has for them."""
    for row in rows:
        reason = why[row]
        if reason is not None:
            if reason not in reasons:
                reasons.append(reason)
            codes[row] = reasons.index(reason)


def changed(modified: Modified, documents: Documents) -> Outcome:
    """The documents with what a modifier made of them, without those it drops."""
    gone = np.asarray(modified.text.is_null()) if modified.dropped is None else modified.dropped
    codes = _all_kept(documents)
    reasons = _code_reasons(modified, gone, codes) if gone.any() else ()
    if modified.columns:  # first, so that pages which are let go are not copied
        documents = documents.changed(modified.columns)
    return Outcome(documents.with_text(modified.text, modified.measured).keep(~gone), codes, reasons)


def _code_reasons(modified: Modified, gone: np.ndarray, codes: np.ndarray) -> tuple[str, ...]:
    """The reasons for which documents are dropped; ``codes`` of these are set."""
    given = modified.reasons or ["nothing left"] * len(codes)
    rows = np.flatnonzero(gone)
    reasons = tuple(sorted({given[row] for row in rows}))
    codes[rows] = [reasons.index(given[row]) for row in rows]
    return reasons


def _all_kept(documents: Documents) -> np.ndarray:
    return np.full(len(documents), KEPT, np.int16)
