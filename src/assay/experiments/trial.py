"""One run of an experiment, where its artifacts lie, and how sure a verdict about runs must be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ALL_DOMAINS = "all"
"""What a verdict calls the mean over the domains."""
CONFIDENCE = 0.95
DRAWS = 4000
"""Of the bootstrap."""


@dataclass(frozen=True)
class Trial:
    """One run of one recipe, and where its artifacts lie."""

    recipe: str
    scale: str
    seed: int
    dataset: Path
    run: Path
    evaluation: Path
