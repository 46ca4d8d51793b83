"""A fastText classifier: the labels and probabilities of the C++ program, computed faster."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assay.base.errors import InputError
from assay.base.files import is_remote
from assay.curation.documents import string_bytes
from assay.scorers.fasttext_file import read_model

if TYPE_CHECKING:
    import pyarrow as pa

    from assay.scorers.kernels.dictionary import Dictionary
    from assay.scorers.kernels.output import Output


@dataclass(frozen=True)
class FasttextModel:
    """A classifier; ``load_model`` reads it."""

    labels: tuple[str, ...]
    dictionary: Dictionary
    matrix: np.ndarray
    """The vectors of words and n-grams: float32 (rows, dim)."""
    output: Output

    def predict(self, texts: pa.LargeStringArray) -> tuple[np.ndarray, np.ndarray]:
        """The most likely label of each text (int32, an index into ``labels``; -1: none), and its probability.

        A text ends at its first newline. Probabilities (float64) are those of the C++ program, which makes them larger
        by 1e-5. There is no label where the model knows neither a word nor an n-gram of the text.
        """
        data, offsets = string_bytes(texts)
        return self.predict_bytes(data, offsets)

    def predict_bytes(self, data: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same of texts as bytes; see ``Documents.text_bytes``."""
        from assay.scorers.kernels.predict import predict

        data = data.view()
        data.flags.writeable = False  # one type of array, so that the kernel is compiled once
        labels, probabilities = predict(data, offsets, self.dictionary, self.matrix, self.output)
        return labels, probabilities.astype(np.float64)


def load_model(path: str | Path) -> FasttextModel:
    """A classifier from its file; kept, so that a process reads it once.

    InputError when the file is not there, is cut off, or is not a classifier of fastText.
    """
    if is_remote(path):
        raise InputError("a fastText model must be a local file", where=path, hint="download it first")
    try:
        return _load(str(path), Path(path).stat().st_mtime_ns)
    except FileNotFoundError as error:
        raise InputError("no such file", where=path) from error


@lru_cache(maxsize=2)
def _load(path: str, stamp: int) -> FasttextModel:
    # The stamp makes a file that changed another one.
    return FasttextModel(*read_model(path))
