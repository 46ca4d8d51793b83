"""Questions with choices, asked and scored as llm-foundry 0.9.0 does for DCLM.

The model does not generate: each choice is put after the prompt, and the one whose tokens have the lowest mean
cross-entropy is its answer, the first of them on a tie.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import Field, model_validator

from assay.evaluation.continuations import lowest_loss, measure_continuations
from assay.evaluation.in_context import InContextTask, Question, Stripped
from assay.evaluation.task import Measured

if TYPE_CHECKING:
    from assay.evaluation.scoring import Scorer


class Choices(Question):
    """A question and its choices."""

    query: Stripped
    choices: Annotated[list[str], Field(min_length=1)]
    gold: Annotated[int, Field(ge=0)]
    """Index of the right choice."""

    @model_validator(mode="after")
    def _gold_is_a_choice(self) -> Self:
        if self.gold >= len(self.choices):
            raise ValueError(f"gold is {self.gold}, and there are {len(self.choices)} choices")
        return self

    def continuations(self) -> tuple[str, ...]:
        """The choices."""
        return tuple(self.choices)

    @property
    def right(self) -> int:
        """Index of the right choice."""
        return self.gold


class MultipleChoice(InContextTask):
    """Questions: JSON lines with ``query``, ``choices``, ``gold`` and, for some, ``category``."""

    question: ClassVar[type[Question]] = Choices

    def measure(self, scorer: Scorer) -> Measured:
        """Share of questions answered rightly."""
        return measure_continuations(self, scorer, lowest_loss)

    def asked(self, question: Choices) -> str:
        """The query."""
        return question.query
