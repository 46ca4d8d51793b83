"""Schemas (Winograd): one continuation after each of several contexts, as llm-foundry 0.9.0 does for DCLM.

The context under which the continuation has the lowest mean cross-entropy is the answer ("partial scoring", Trinh and
Le, arXiv:1806.02847).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import Field, model_validator

from assay.evaluation.continuations import lowest_loss, measure_continuations
from assay.evaluation.in_context import InContextTask, Question, Stripped
from assay.evaluation.task import Measured

if TYPE_CHECKING:
    from assay.evaluation.scoring import Scorer


class Contexts(Question):
    """Contexts, and what follows one of them."""

    context_options: Annotated[list[str], Field(min_length=1)]
    continuation: Stripped
    gold: Annotated[int, Field(ge=0)]
    """Index of the right context."""

    @model_validator(mode="after")
    def _gold_is_an_option(self) -> Self:
        if self.gold >= len(self.context_options):
            raise ValueError(f"gold is {self.gold}, and there are {len(self.context_options)} context_options")
        return self

    def continuations(self) -> tuple[str, ...]:
        """The one continuation."""
        return (self.continuation,)

    @property
    def right(self) -> int:
        """Index of the right context."""
        return self.gold


class Schema(InContextTask):
    """Questions: JSON lines with ``context_options``, ``continuation`` and ``gold``."""

    question: ClassVar[type[Question]] = Contexts

    def measure(self, scorer: Scorer) -> Measured:
        """Share of questions answered rightly."""
        return measure_continuations(self, scorer, lowest_loss)

    def example(self, question: Contexts, before: str) -> str:
        """The right context with its continuation. The prelimiter stands before the delimiter, as in the reference."""
        context = question.context_options[question.gold]
        return f"{self._start(before)}{context}{self.continuation_delimiter}{question.continuation}"

    def queries(self, question: Contexts, before: str) -> tuple[str, ...]:
        """Every context; the delimiter follows only where something precedes, as in the reference."""
        end = self.continuation_delimiter.rstrip() if before else ""
        return tuple(f"{self._start(before)}{context}{end}" for context in question.context_options)

    def _start(self, before: str) -> str:
        return self.question_prelimiter + (self.example_delimiter if before else "")
