"""Score documents by a fastText classifier of two labels, as DCLM-Baseline does with its classifier of good text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from assay.base.errors import InputError
from assay.curation.documents import Documents, string_bytes
from assay.curation.step import Scorer
from assay.scorers.fasttext_model import FasttextModel, load_model
from assay.text.characters import character_table
from assay.text.counters import new_column

if TYPE_CHECKING:
    import pyarrow as pa

GOOD, OTHER = "__label__hq", "__label__cc"
"""The labels of DCLM's classifiers: high quality, and Common Crawl."""


class FasttextScorer(Scorer):
    """Adds the probability of a label."""

    file_parameters: ClassVar[tuple[str, ...]] = ("model",)

    model: str
    """A model file of fastText with two labels (.bin or .ftz)."""
    key: str = "quality"
    """The column for the scores."""
    label: str = GOOD

    def score(self, documents: Documents) -> dict[str, pa.Array]:
        """One column of float64, null where fastText gives no label."""
        return {self.key: score_column(documents, self.key, load_classifier(self.model, self.label), self.label)}


class ClassifyFasttextHqProbEnricher(Scorer):
    """``FasttextScorer`` under the names of DCLM's configs."""

    file_parameters: ClassVar[tuple[str, ...]] = ("model_filename",)

    model_filename: str = "model.bin"
    key: str = "fasttext_hq_prob"
    overwrite: bool = False
    """Replace a column of that name, instead of refusing to."""

    def score(self, documents: Documents) -> dict[str, pa.Array]:
        """One column of float64, null where fastText gives no label."""
        import pyarrow as pa

        scores = score_texts(documents.text, load_classifier(self.model_filename), GOOD)
        return new_column(documents, self.key, self.overwrite, pa.array(scores, from_pandas=True))


def load_classifier(path: str | Path, label: str = GOOD) -> FasttextModel:
    """A model that knows the label; InputError when it does not, or cannot be read."""
    model = load_model(path)
    if label not in model.labels:
        raise InputError(f"does not know the label {label}", where=path, hint=f"its labels: {', '.join(model.labels)}")
    return model


def score_column(documents: Documents, key: str, model: FasttextModel, label: str) -> pa.Array:
    """The scores of documents, for a new column. InputError when there is a column of that name already."""
    import pyarrow as pa

    if documents.batch.schema.get_field_index(key) >= 0:
        raise InputError(f"the documents have a column {key!r} already", hint="give the scorer another key")
    return pa.array(score_texts(documents.text, model, label), from_pandas=True)


def score_texts(texts: pa.LargeStringArray, model: FasttextModel, label: str) -> np.ndarray:
    """The probability of ``label`` for each text, NaN where fastText gives no label.

    It is that of the most likely label, or 1 minus it when that is the other one: so DCLM computes it, and so it can
    lie outside 0 … 1 by 1e-5. Each text is made one line, as ``prepare`` does.
    """
    from assay.scorers.kernels.one_line import one_line

    data, offsets = string_bytes(texts)
    labels, probabilities = model.predict_bytes(one_line(data, offsets, character_table()), offsets)
    scores = np.where(labels == model.labels.index(label), probabilities, 1 - probabilities)
    return np.where(labels < 0, np.nan, scores)


def prepare(text: str) -> str:
    """The text as one line, as DCLM prepares it (white space at the ends removed, lines joined by spaces)."""
    return " ".join(text.strip().splitlines())
