"""What a type of task is: its settings are the keys it has in a suite file, and it can measure a model.

This module and those of the types import no torch, so that suites can be read and planned without it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import Field, field_validator

from assay.base.fingerprint import file_sha256
from assay.base.settings import Settings

if TYPE_CHECKING:
    from assay.evaluation.scoring import Scorer


@dataclass(frozen=True)
class Request:
    """What a task asks of a model: tokens, of which those from ``first`` on are scored, each given all before it."""

    tokens: np.ndarray
    """int32, shape (T,); the model reads all but the last."""
    first: int
    """At least 1: the first token has nothing before it."""


@dataclass(frozen=True)
class Measured:
    """What a task found."""

    value: float
    stderr: float | None
    """Standard error of ``value`` over the documents; None where there are fewer than two."""
    rows: list[dict[str, Any]]
    """What was found for each document, in the order of the data."""
    notes: dict[str, int] = field(default_factory=dict)
    """What else is worth knowing, as counts."""


class Task(Settings):
    """Base of all types of task."""

    metric: ClassVar[str]
    higher_is_better: ClassVar[bool]
    rows_file: ClassVar[str]
    """File of the evaluation that holds the rows of such tasks."""

    name: str
    type: str
    """The name by which ``catalog/tasks.yaml`` lists the class."""
    data: list[str] = Field(min_length=1)
    """Files of JSON lines (plain, gzip or zstd): one, or a list."""
    baseline: float | None = None
    """What guessing scores."""

    @field_validator("data", mode="before")
    @classmethod
    def _one_is_a_list(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    def identity(self) -> dict[str, Any]:
        """All settings with their defaults filled in; files by their content."""
        files = [{"file": PurePosixPath(path).name, "sha256": file_sha256(path)} for path in self.data]
        return self.model_dump(mode="json") | {"data": files}

    def check(self) -> None:
        """InputError, with file and line, for data that is not what the type needs: before hours of training."""
        raise NotImplementedError

    def measure(self, scorer: Scorer) -> Measured:
        """Score the model. InputError, with file and line, for data that is not what the type needs."""
        raise NotImplementedError
