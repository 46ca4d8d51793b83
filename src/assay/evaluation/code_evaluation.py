"""Programs that the model completes, and that are then run (HumanEval), as llm-foundry 0.9.0 asks for them.

The reference samples at temperature 0.2; here the likeliest program is taken, so that the score is reproducible.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from assay.base.errors import InputError
from assay.base.progress import progress
from assay.evaluation.continuations import question_columns
from assay.evaluation.encoding import encode_contexts
from assay.evaluation.execution import Program, passes
from assay.evaluation.in_context import InContextTask, Question, accuracy
from assay.evaluation.prompts import Prompt
from assay.evaluation.task import Measured

if TYPE_CHECKING:
    from assay.evaluation.scoring import Scorer

_SPARE_TOKENS = 10
"""What a program may be longer than the longest of the data (llm-foundry's _MAX_ANSWER_BUFFER_LENGTH)."""
_AFTER_THE_FUNCTION = re.compile(r"\n[A-Za-z0-9#`]")
"""Where the reference takes the function to have ended."""


class Problem(Question):
    """The beginning of a program, and its tests."""

    prompt: str
    canonical_solution: str
    entry_point: str
    test_inputs: list[str]
    test_outputs: list[str]
    language: Literal["python"] = "python"

    @model_validator(mode="after")
    def _tests_are_pairs(self) -> Self:
        if len(self.test_inputs) != len(self.test_outputs):
            raise ValueError(f"there are {len(self.test_inputs)} test_inputs and {len(self.test_outputs)} test_outputs")
        return self

    def continuations(self) -> tuple[str, ...]:
        """The solution of the data."""
        return (self.canonical_solution,)

    @property
    def right(self) -> None:
        """There are no choices."""
        return

    def program(self, completion: str) -> Program:
        """The program that a completion makes; it ends where the next thing after the function begins."""
        code = self.prompt + _AFTER_THE_FUNCTION.split(completion, maxsplit=1)[0]
        return Program(code, self.entry_point, self.test_inputs, self.test_outputs)


class CodeEvaluation(InContextTask):
    """Problems: JSON lines with ``prompt``, ``canonical_solution``, ``entry_point`` and tests (llm-foundry's form)."""

    question: ClassVar[type[Question]] = Problem

    pass_at_k: Literal[1] = 1
    generations_per_sample: Literal[1] = 1
    allow_code_execution: bool = Field(False, exclude=True)
    """Whether the programs that the model writes may be run on this machine."""

    def measure(self, scorer: Scorer) -> Measured:
        """Share of problems whose tests all pass. InputError unless programs may be run."""
        if not self.allow_code_execution:
            raise not_allowed(self.name)
        rows: list[dict[str, Any]] = []
        for numbered in self._by_category():
            prompts = list(self._prompts_of(numbered))
            texts = self._complete(prompts, scorer)
            with progress(self.name, len(prompts), "programs") as bar:
                for prompt, (_, problem), text in zip(prompts, numbered, texts, strict=True):
                    assert isinstance(problem, Problem)
                    rows.append(_row(prompt, text, passes(problem.program(text))))
                    bar.advance()
        value, stderr = accuracy(rows)
        return Measured(value, stderr, sorted(rows, key=lambda row: row["index"]))

    def _complete(self, prompts: list[Prompt], scorer: Scorer) -> list[str]:
        limit = min(scorer.context, self.max_seq_len or scorer.context)
        contexts = [ids[-limit:] for [ids] in encode_contexts(prompts, scorer.tokenizer)]
        solutions = scorer.tokenizer.encode_batch([prompt.continuations[0] for prompt in prompts])
        longest = max(map(len, solutions)) + _SPARE_TOKENS
        room = max(1, min(longest, limit - max(map(len, contexts))))
        return scorer.generate([ids[-max(1, limit - room) :] for ids in contexts], room, ())

    def asked(self, question: Problem) -> str:
        """The beginning of the program."""
        return question.prompt

    def answer(self, question: Problem) -> str:
        """The solution of the data."""
        return question.canonical_solution

    def queries(self, question: Problem, before: str) -> tuple[str, ...]:
        """The beginning of the program, with its white space."""
        return (self.worded(question.prompt, before),)


def not_allowed(name: str) -> InputError:
    """The error for programs that may not be run."""
    hint = "if you trust the model on this machine, say --allow-code-execution"
    return InputError("runs the programs that the model writes", where=name, hint=hint)


def _row(prompt: Prompt, generated: str, correct: bool) -> dict[str, Any]:
    lists: dict[str, Any] = {name: [] for name in ("log_likelihoods", "tokens", "characters", "bytes")}
    answered = {"gold": None, "chosen": None, "correct": correct, "generated": generated}
    return question_columns(prompt) | answered | lists
