"""One step on one batch of documents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assay.curation.documents import Documents
from assay.curation.step import Filter, Modifier, Rule, Scorer, Step

KEPT = -1


@dataclass(frozen=True)
class Outcome:
    """What a step did to a batch."""

    documents: Documents
    """The documents that go on."""
    codes: np.ndarray
    """int16, one entry a document of the input: -1 kept, otherwise an index into ``reasons``."""
    reasons: tuple[str, ...]

    @property
    def kept(self) -> np.ndarray:
        """bool, one entry a document of the input."""
        return self.codes == KEPT


def apply(step: Step, documents: Documents) -> Outcome:
    """Run a filter, modifier or scorer on a batch."""
    if isinstance(step, Filter):
        codes, reasons = judge(step.rules(), documents)
        return Outcome(documents.keep(codes == KEPT), codes, reasons)
    if isinstance(step, Modifier):
        return _modify(step, documents)
    if isinstance(step, Scorer):
        return Outcome(documents.with_columns(step.score(documents)), _all_kept(documents), ())
    raise TypeError(f"{type(step).__name__} cannot be applied to a single batch")


def judge(rules: tuple[Rule, ...], documents: Documents) -> tuple[np.ndarray, tuple[str, ...]]:
    """The reason code of each document under the rules (the first that fails), and the reasons."""
    codes = _all_kept(documents)
    for index, rule in enumerate(rules):
        values = np.asarray(documents.derived(rule.measure), dtype=np.float64)
        alive = codes == KEPT  # each rule has three reasons, in the order of Rule.reasons
        codes[alive & (values < rule.minimum)] = 3 * index
        codes[alive & (values > rule.maximum)] = 3 * index + 1
        codes[alive & np.isnan(values)] = 3 * index + 2
    return codes, tuple(reason for rule in rules for reason in rule.reasons)


def _modify(step: Modifier, documents: Documents) -> Outcome:
    modified = step.modify(documents)
    after = documents.with_text(modified.text, modified.measured)
    gone = np.asarray(modified.text.is_null())
    codes = _all_kept(documents)
    if not gone.any():
        return Outcome(after, codes, ())
    given = modified.reasons or ["nothing left"] * len(documents)
    reasons = tuple(sorted({reason for reason, dropped in zip(given, gone, strict=True) if dropped}))
    index = {reason: code for code, reason in enumerate(reasons)}
    for row in np.flatnonzero(gone):
        codes[row] = index[given[row]]
    return Outcome(after.keep(~gone), codes, reasons)


def _all_kept(documents: Documents) -> np.ndarray:
    return np.full(len(documents), KEPT, np.int16)
