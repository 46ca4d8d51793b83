"""Rules on the size of images."""

from __future__ import annotations

import numpy as np

from assay.curation.documents import Documents
from assay.curation.step import Filter, Rule
from assay.pairs.columns import HEIGHT, WIDTH, Number


def smaller_side(documents: Documents) -> np.ndarray:
    """Pixels of the shorter side."""
    return np.minimum(documents.derived(Number(WIDTH)), documents.derived(Number(HEIGHT)))


def aspect_ratio(documents: Documents) -> np.ndarray:
    """The longer side over the shorter: infinite when the shorter is 0, NaN when both are."""
    width, height = documents.derived(Number(WIDTH)), documents.derived(Number(HEIGHT))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.maximum(width, height) / np.minimum(width, height)


class ImageSizeFilter(Filter):
    """Keeps images that are large enough and not too long, by default as DataComp's basic filter."""

    min_side: int = 200
    max_aspect: float = 3.0

    def rules(self) -> tuple[Rule, ...]:
        """Two rules: the shorter side, and the ratio of the sides."""
        return (
            Rule("shorter side", smaller_side, minimum=self.min_side),
            Rule("aspect ratio", aspect_ratio, maximum=self.max_aspect),
        )
