"""The numbers that a pool knows of its pairs: sizes and scores, under the names of DataComp or of img2dataset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assay.base.errors import InputError
from assay.curation.documents import Documents

WIDTH = ("original_width", "width")
HEIGHT = ("original_height", "height")
"""The original size, before an image was made smaller for its shard; otherwise the size there is."""


@dataclass(frozen=True)
class Number:
    """A measurement: the number under the first of some keys that the pairs have; NaN where there is none."""

    keys: tuple[str, ...]

    def __call__(self, documents: Documents) -> np.ndarray:
        """float64. InputError when there is no such column, or it holds no numbers."""
        import pyarrow as pa

        key = next((key for key in self.keys if documents.has(key)), None)
        try:
            if key is None:
                return np.array(self._in_rows(documents), np.float64)  # None becomes NaN
            return documents.batch.column(key).cast(pa.float64()).to_numpy(zero_copy_only=False)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, TypeError, ValueError) as error:
            raise InputError(f"{key or self.keys[0]!r} does not hold numbers") from error

    def _in_rows(self, documents: Documents) -> list:
        for key in self.keys[:-1]:
            values = documents.values(key, required=False)
            if any(value is not None for value in values):
                return values
        return documents.values(self.keys[-1])
