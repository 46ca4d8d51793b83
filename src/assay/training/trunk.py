"""The constant phase that runs of several token budgets share (``budgets.py``)."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from assay.training.metrics import METRICS_NAME


@dataclass(frozen=True)
class Trunk:
    """Where the constant phase of the runs so far has come to: a folder with a checkpoint and the metrics up to it."""

    folder: Path

    def enter(self, checkpoints: Path, run: Path) -> None:
        """Start a run that has no checkpoint yet from here."""
        if self.folder.exists() and not checkpoints.exists():
            shutil.copyfile(self.folder / METRICS_NAME, run / METRICS_NAME)
            shutil.copytree(self.folder / "checkpoints", checkpoints)

    def leave(self, checkpoints: Path, run: Path) -> None:
        """Keep the checkpoint and the metrics of a run before its cooldown, for a longer run."""
        partial = self.folder.with_name(self.folder.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(checkpoints, partial / "checkpoints")
        shutil.copyfile(run / METRICS_NAME, partial / METRICS_NAME)
        shutil.rmtree(self.folder, ignore_errors=True)
        partial.rename(self.folder)
