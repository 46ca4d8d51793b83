"""Score documents by a fastText classifier of two labels, as DCLM-Baseline does with its classifier of good text."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from assay.base.errors import InputError
from assay.base.files import is_remote
from assay.curation.documents import Documents
from assay.curation.step import Scorer

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
        return {self.key: score_column(documents, self.key, load_model(self.model, self.label), self.label)}


class ClassifyFasttextHqProbEnricher(Scorer):
    """``FasttextScorer`` under the names of DCLM's configs."""

    file_parameters: ClassVar[tuple[str, ...]] = ("model_filename",)

    model_filename: str
    key: str = "fasttext_hq_prob"

    def score(self, documents: Documents) -> dict[str, pa.Array]:
        """One column of float64, null where fastText gives no label."""
        return FasttextScorer(model=self.model_filename, key=self.key).score(documents)


def load_model(path: str | Path, label: str = GOOD) -> Any:
    """A classifier from its file; kept, so that a process reads it once.

    InputError when the file is not there, is not a model of fastText, or does not know the label.
    """
    if is_remote(path):
        raise InputError("a fastText model must be a local file", where=path, hint="download it first")
    try:
        model = _load(str(path), Path(path).stat().st_mtime_ns)
    except FileNotFoundError as error:
        raise InputError("no such file", where=path) from error
    except ValueError as error:
        raise InputError("is not a model file of fastText", where=path) from error
    if label not in model.labels:
        raise InputError(f"does not know the label {label}", where=path, hint=f"its labels: {', '.join(model.labels)}")
    return model


@lru_cache(maxsize=2)
def _load(path: str, stamp: int) -> Any:
    # The stamp makes a file that changed another one.
    from fasttext import load_model as load

    return load(path)


def score_column(documents: Documents, key: str, model: Any, label: str) -> pa.Array:
    """The scores of documents, for a new column. InputError when there is a column of that name already."""
    import pyarrow as pa

    if documents.batch.schema.get_field_index(key) >= 0:
        raise InputError(f"the documents have a column {key!r} already", hint="give the scorer another key")
    return pa.array(score_texts(documents.text.to_pylist(), model, label), pa.float64())


def score_texts(texts: Iterable[str], model: Any, label: str) -> list[float | None]:
    """The probability of ``label`` for each text, None where fastText gives no label.

    It is that of the most likely label, or 1 minus it when that is the other one: so DCLM computes it, and so it can
    lie outside 0 … 1 by 1e-5.
    """
    return [_probability(model.f.predict(prepare(text) + "\n", 1, 0.0, "strict"), label) for text in texts]


def _probability(predicted: list[tuple[float, str]], label: str) -> float | None:
    if not predicted:
        return None
    probability, most_likely = predicted[0]
    return probability if most_likely == label else 1 - probability


def prepare(text: str) -> str:
    """The text as one line, as DCLM prepares it (white space at the ends removed, lines joined by spaces)."""
    return " ".join(text.strip().splitlines())
