"""The files of artifact folders that a report shows, typed. Keys that the report does not need are ignored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from assay.base.errors import InputError
from assay.base.files import open_bytes


class Content(BaseModel):
    """Base of what is read: frozen, tolerant of keys that are not known here."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class StepCount(Content):
    """One step of a funnel.json."""

    step: str
    kind: str = ""
    documents_in: int
    documents_out: int
    bytes_in: int
    bytes_out: int
    reasons: dict[str, int] = {}


class Funnel(Content):
    """A funnel.json: what each step of a recipe let through."""

    documents_in: int
    bytes_in: int
    quarantined: int = 0
    quarantine_reasons: dict[str, int] = {}
    skipped: dict[str, int] = {}
    """Rows of the pool that are no documents, such as the requests in a WARC, by what they are."""
    documents_out: int
    bytes_out: int
    steps: list[StepCount]


class Sample(Content):
    """A line of samples.jsonl: a document that a step dropped or kept."""

    step: int
    """Index into the funnel's steps."""
    outcome: Literal["dropped", "kept"]
    reason: str | None = None
    id: str
    url: str | None = None
    text: str
    twin: str | None = None
    """Id of the document that stayed in place of this one, where a deduplicator dropped it; not in the file."""


class Point(Content):
    """A line of metrics.jsonl: where the training of a run stood."""

    tokens: int
    loss: float


class TaskResult(Content):
    """One task of a results.json."""

    task: str
    metric: str
    value: float


class Results(Content):
    """A results.json: the scores of one run."""

    tasks: list[TaskResult]


class RecipeScore(Content):
    """How one recipe did at one scale, over its seeds."""

    recipe: str
    bits_per_byte: float | None = None
    """On held-out text, the mean over domains and seeds; lower is better. None when no such task was scored."""
    by_domain: dict[str, float] = {}
    by_seed: dict[str, float] = {}
    seeds: int = 0
    tokens: int | None = None
    epochs: float | None = None
    kept_documents: int | None = None
    kept_bytes: int | None = None
    accuracy: dict[str, float] = {}


class Comparison(Content):
    """Recipe ``a`` minus recipe ``b``, in bits per byte: below zero, ``a`` is better."""

    a: str
    b: str
    domain: str
    """"all", or the name of one."""
    difference: float
    low: float
    high: float
    verdict: str
    """Of ``a``: "better", "worse" or "no difference"."""


class Board(Content):
    """The recipes at one scale, best first, and what is known of their differences."""

    scale: str | None = None
    baseline: str | None = None
    best: str | None = None
    confidence: float = 0.95
    domains: list[str] = []
    recipes: list[RecipeScore]
    comparisons: list[Comparison] = []

    def compared(self, a: str, b: str | None, domain: str = "all") -> Comparison | None:
        """The comparison of ``a`` with ``b``, when it was made."""
        wanted = (a, b, domain)
        return next((each for each in self.comparisons if (each.a, each.b, each.domain) == wanted), None)


class Verdict(Board):
    """A verdict.json."""

    sentence: str
    method: str = ""
    other_scales: list[Board] = []


C = TypeVar("C", bound=Content)


def read_content(path: str | Path, kind: type[C]) -> C:
    """A JSON file as ``kind``. InputError when it is not what it should be."""
    with open_bytes(path) as file:
        return _parse(file.read(), kind, path)


def read_lines(path: str | Path, kind: type[C]) -> Iterator[C]:
    """The lines of a JSONL file as ``kind``. InputError that names the line when one is not what it should be."""
    with open_bytes(path) as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield _parse(line, kind, f"{path}:{number}")


def _parse(data: bytes, kind: type[C], where: object) -> C:
    try:
        # Not pydantic's own JSON reader: it refuses lone surrogates, which text from the web may hold.
        return kind.model_validate(json.loads(data))
    except ValidationError as error:
        raise InputError(
            _first_problem(error), where=where, hint="assay verify tells whether the file changed"
        ) from error
    except ValueError as error:
        raise InputError(f"not valid JSON: {error}", where=where) from error


def _first_problem(error: ValidationError) -> str:
    problem: Any = error.errors()[0]
    return f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"
