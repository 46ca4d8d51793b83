"""Mirrors of the metrics: TensorBoard, W&B or Trackio, where the user has them. assay's own rows come first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from assay.base.optional import optional
from assay.training.settings import Tracker

_PROJECT = "assay"
_PURPOSE = "mirroring metrics"
Mirror = Callable[[int, dict[str, float]], Any]


def mirrors(trackers: Sequence[Tracker], name: str, folder: Path) -> list[Mirror]:
    """One function a tracker, to be called with the step and the values of each row.

    TensorBoard's files go to ``folder``/tensorboard. MachineError, with the pip line, when a package is not there.
    """
    return [_tensorboard(folder) if tracker == "tensorboard" else _service(tracker, name) for tracker in trackers]


def flat(row: dict[str, Any]) -> dict[str, float]:
    """The row with ``{"bits_per_byte": {"web": 1.2}}`` as ``bits_per_byte/web``."""
    values: dict[str, float] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            values |= {f"{key}/{part}": number for part, number in value.items()}
        else:
            values[key] = value
    return values


def _tensorboard(folder: Path) -> Mirror:
    optional("tensorboard", "track", _PURPOSE)
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(str(folder / "tensorboard"))

    def add(step: int, values: dict[str, float]) -> None:
        for key, value in values.items():
            writer.add_scalar(key, value, step)
        writer.flush()

    return add


def _service(tracker: str, name: str) -> Mirror:
    """W&B and Trackio, which share an interface."""
    service = optional(tracker, "track", _PURPOSE)
    service.init(project=_PROJECT, name=name)
    return lambda step, values: service.log(values, step=step)
