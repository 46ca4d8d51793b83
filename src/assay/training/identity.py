"""What makes two runs the same. This module imports no torch."""

from __future__ import annotations

from pathlib import Path

from assay.models.scales import Scale
from assay.records.artifact import Identity


def run_identity(tokens: dict[str, Path], scale: Scale, seed: int) -> Identity:
    """The run that trains at ``scale`` with ``seed`` on a tokens artifact (its id and folder)."""
    return Identity(
        kind="run",
        name=f"{scale.name}-seed{seed}",
        config={"scale": scale.resolved(), "seed": seed},
        inputs=tokens,
    )
