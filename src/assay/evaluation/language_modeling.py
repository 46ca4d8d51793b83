"""Completions, as llm-foundry 0.9.0 scores them for DCLM: right only if every token is the model's first guess.

Each token is predicted given the true ones before it, so that nothing has to be generated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from assay.evaluation.continuations import Verdict, measure_continuations
from assay.evaluation.in_context import InContextTask, Question, Stripped
from assay.evaluation.prompts import Prompt
from assay.evaluation.task import Measured

if TYPE_CHECKING:
    from assay.evaluation.scoring import Scored, Scorer


class Completion(Question):
    """A text and how it goes on."""

    context: Stripped
    continuation: Stripped

    def continuations(self) -> tuple[str, ...]:
        """The one continuation."""
        return (self.continuation,)


class LanguageModeling(InContextTask):
    """Completions: JSON lines with ``context``, ``continuation`` and, for some, ``category``."""

    question: ClassVar[type[Question]] = Completion

    def measure(self, scorer: Scorer) -> Measured:
        """Share of texts completed exactly."""
        return measure_continuations(self, scorer, _all_first)

    def asked(self, question: Completion) -> str:
        """The text."""
        return question.context


def _all_first(prompt: Prompt, scored: list[Scored]) -> Verdict:
    return Verdict(None, scored[0].greedy)
