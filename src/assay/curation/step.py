"""What a curation step is.

A step is a frozen settings object: its fields are the parameters that a recipe may set. There are seven kinds:

| kind          | does                                                    | implements                    |
|---------------|---------------------------------------------------------|-------------------------------|
| Filter        | keeps a document when every rule holds                  | ``rules``                     |
| Modifier      | changes the text, or drops the document                 | ``modify``                    |
| Scorer        | adds columns                                            | ``score``                     |
| Splitter      | makes several documents of one                          | ``split``                     |
| PoolStep      | decides when it has seen something of *all* documents   | ``observe``, ``decide``       |
| SweepStep     | the same, looking at the documents a second time        | ``observe``, ``decide_from``  |
| TrainedScorer | learns a model from a sample of the documents, scores   | ``sample``, ``train``, ``score`` |

Rules are data (a measurement and its bounds), so the engine can measure once for many filters, explain a decision,
and move a threshold without measuring again. All kinds work on whole batches.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import model_validator

from assay.base.fingerprint import file_sha256
from assay.base.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pyarrow as pa

    from assay.curation.documents import Documents
    from assay.curation.seen import Seen


class Step(Settings):
    """Base of all steps. A subclass is found by the name under which ``catalog/steps.yaml`` lists it."""

    kind: ClassVar[str]
    version: ClassVar[int] = 1
    """To be raised when a change of the code changes what the step does: a part of the identity."""
    file_parameters: ClassVar[tuple[str, ...]] = ()
    """Parameters that name a file or a list of files; their content, not their path, is part of the identity."""

    @model_validator(mode="after")
    def _numbers_are_numbers(self) -> Self:
        for name, value in self:
            if isinstance(value, float) and math.isnan(value):
                raise ValueError(f"{name}: NaN is not a bound")
        return self

    def identity(self) -> dict[str, Any]:
        """All parameters with their defaults filled in, files by their sha256."""
        values = {"version": self.version, **self.model_dump(mode="json")}
        for name in self.file_parameters:
            if values.get(name) is not None:
                values[name] = _by_content(values[name])
        return values


def _by_content(files: str | list[str]) -> Any:
    if isinstance(files, list):
        return [_by_content(file) for file in files]
    return {"sha256": file_sha256(files)}


@dataclass(frozen=True)
class Rule:
    """A document passes when ``minimum <= value <= maximum``; it fails when the value is NaN (not defined for it)."""

    name: str
    """What is measured, for people: "mean word length"."""
    measure: Callable[[Documents], np.ndarray]
    """One number a document. A function of a module or a frozen dataclass: results are shared between equal ones."""
    minimum: float = -math.inf
    maximum: float = math.inf
    why: Callable[[Documents], Sequence[str | None]] | None = None
    """Why each document fails, in words of its own; None where ``reasons`` say it."""

    @property
    def reasons(self) -> tuple[str, str, str]:
        """What to tell of a document that fails: below the minimum, above the maximum, not defined."""
        return f"{self.name} < {self.minimum:g}", f"{self.name} > {self.maximum:g}", f"{self.name} is not defined"


class Filter(Step):
    """Keeps a document when every rule holds; the first rule that fails is the reason."""

    kind: ClassVar[str] = "filter"

    def identity(self) -> dict[str, Any]:
        """Parameters, and the bounds of the rules, which may come from constants of the code."""
        bounds = [[rule.name, str(rule.minimum), str(rule.maximum)] for rule in self.rules()]
        return super().identity() | {"rules": bounds}

    def rules(self) -> tuple[Rule, ...]:
        """The rules, in the order in which they are tried."""
        raise NotImplementedError


@dataclass(frozen=True)
class Modified:
    """The new text of every document (large_string); null drops the document."""

    text: pa.Array
    reasons: list[str] | None = None
    """Why each document is dropped, looked at where the text is null; by default "nothing left"."""
    columns: dict[str, pa.Array] = field(default_factory=dict)
    """Other columns of the document that change with the text, such as ``url``."""
    dropped: np.ndarray | None = None
    """Which documents are dropped (bool), for steps that keep documents which have no text yet."""
    measured: dict[Callable, tuple[Any, np.ndarray]] | None = None
    """What the modifier knows of the new texts: results of measurements, and for which documents they hold (bool)."""


class Modifier(Step):
    """Changes the text."""

    kind: ClassVar[str] = "modifier"

    def modify(self, documents: Documents) -> Modified:
        """The new text of every document."""
        raise NotImplementedError


class Scorer(Step):
    """Adds columns."""

    kind: ClassVar[str] = "scorer"

    def score(self, documents: Documents) -> dict[str, pa.Array]:
        """The new columns, one entry a document."""
        raise NotImplementedError


class Splitter(Step):
    """Makes several documents of one."""

    kind: ClassVar[str] = "splitter"

    def split(self, documents: Documents) -> tuple[pa.RecordBatch, np.ndarray]:
        """The new documents, and for each the row of the one it comes from (int64, ascending, none left out)."""
        raise NotImplementedError


@dataclass(frozen=True)
class Decision:
    """What a pool step decided about all documents, in pool order."""

    codes: np.ndarray
    """int16, one entry a document: -1 keeps, otherwise an index into ``reasons``."""
    reasons: tuple[str, ...]
    cuts: pa.Array | None = None
    """What is to be cut from each document that stays, in the step's own terms; one entry a document."""
    columns: pa.Table | None = None
    """Columns that the documents get; one row a document."""
    twins: pa.Table | None = None
    """Of what a document is a repeat: ``row`` and ``twin`` (int64, in pool order), and what is known of the pair."""
    notes: dict[str, Any] = field(default_factory=dict)
    """What the user should know of how it was decided, for the funnel."""


class PoolStep(Step):
    """Decides about each document when it has seen something of all of them (deduplicators, top fractions)."""

    kind: ClassVar[str] = "pool step"

    def observe(self, documents: Documents) -> pa.RecordBatch:
        """What the decision needs to know of each document: small columns, one row a document."""
        raise NotImplementedError

    def decide(self, observations: pa.Table) -> Decision:
        """The decision, from all observations in pool order."""
        raise NotImplementedError

    def cut(self, documents: Documents, cuts: pa.Array) -> pa.Array:
        """The texts without what the decision cuts from them; only for steps that cut."""
        raise NotImplementedError


class SweepStep(PoolStep):
    """A pool step that looks at the documents a second time before it decides."""

    kind: ClassVar[str] = "sweep step"

    def decide_from(self, seen: Seen) -> Decision:
        """The decision, from all observations and documents."""
        raise NotImplementedError


class TrainedScorer(Step):
    """Adds columns by a model that is trained within the recipe, on a sample of the documents that reach this step."""

    kind: ClassVar[str] = "trained scorer"

    def sample(self, documents: Documents) -> pa.Table:
        """What training may want to see of these documents."""
        raise NotImplementedError

    def reduce(self, samples: pa.Table) -> pa.Table:
        """At most as many rows as training needs; the choice must not depend on how the rows were grouped."""
        raise NotImplementedError

    def train(self, samples: pa.Table, folder: Path) -> None:
        """Train on the reduced sample of the whole pool, in pool order, and write the model into the folder."""
        raise NotImplementedError

    def score(self, documents: Documents, folder: Path) -> dict[str, pa.Array]:
        """The new columns, by the model in the folder."""
        raise NotImplementedError
