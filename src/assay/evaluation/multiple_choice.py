"""Questions with choices, asked and scored as llm-foundry 0.9.0 does for DCLM.

The model does not generate: each choice is put after the prompt, and the one whose tokens have the lowest mean
cross-entropy is its answer, the first of them on a tie.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from assay.base.errors import InputError
from assay.base.progress import progress
from assay.base.settings import validate
from assay.evaluation.prompts import build_prompts
from assay.evaluation.task import Measured, Request, Task
from assay.tokens.jsonl import read_jsonl

if TYPE_CHECKING:
    from assay.evaluation.scoring import Scorer
    from assay.tokens.tokenizer import Tokenizer


class Question(BaseModel):
    """A row of the data; other keys are ignored."""

    model_config = ConfigDict(frozen=True)

    query: str
    choices: Annotated[list[str], Field(min_length=1)]
    gold: Annotated[int, Field(ge=0)]
    """Index of the right choice."""
    category: str = ""

    @model_validator(mode="after")
    def _gold_is_a_choice(self) -> Self:
        if self.gold >= len(self.choices):
            raise ValueError(f"gold is {self.gold}, and there are {len(self.choices)} choices")
        return self


@dataclass(frozen=True)
class Prompt:
    """A question as the model gets it."""

    index: int
    """Of the question in the data."""
    question: Question
    preamble: str
    query: str


class MultipleChoice(Task):
    """Questions: JSON lines with ``query``, ``choices``, ``gold`` and, for some, ``category``."""

    metric: ClassVar[str] = "accuracy"
    higher_is_better: ClassVar[bool] = True
    rows_file: ClassVar[str] = "predictions.jsonl"

    num_fewshot: Annotated[int, Field(ge=0)] = 0
    """Answered examples before each question."""
    continuation_delimiter: str = " "
    """Between a query and its answer."""
    has_categories: bool = False
    """Examples come from the question's own category, and the score is the mean over categories."""

    def check(self) -> None:
        """Read all questions."""
        self.prompts()

    def measure(self, scorer: Scorer) -> Measured:
        """Share of questions answered rightly."""
        prompts = self.prompts()
        notes: Counter[str] = Counter()
        losses = scorer.losses(self._requests(prompts, scorer, notes))
        rows = []
        with progress(self.name, len(prompts), "questions") as bar:
            for prompt in prompts:
                scores = [float(next(losses).mean()) for _ in prompt.question.choices]
                rows.append(self._row(prompt, scores))
                bar.advance()
        value, stderr = accuracy(rows)
        return Measured(value, stderr, sorted(rows, key=lambda row: row["index"]), dict(notes))

    def prompts(self) -> list[Prompt]:
        """All prompts, category by category. InputError for a row that is not a question."""
        categories: dict[str, list[tuple[int, Question]]] = defaultdict(list)
        for index, question in enumerate(self._questions()):
            categories[question.category.strip() if self.has_categories else ""].append((index, question))
        if not categories:
            raise InputError("holds no question", where=", ".join(self.data))
        return [prompt for _, numbered in sorted(categories.items()) for prompt in self._prompts_of(numbered)]

    def _questions(self) -> Iterator[Question]:
        for file in self.data:
            for line, row in read_jsonl(file):
                yield validate(Question, row, f"{file}:{line}")

    def _prompts_of(self, numbered: list[tuple[int, Question]]) -> Iterator[Prompt]:
        queries = [question.query.strip() for _, question in numbered]
        answers = [question.choices[question.gold] for _, question in numbered]
        texts = build_prompts(queries, answers, self.num_fewshot, self.continuation_delimiter)
        for (index, question), (preamble, query) in zip(numbered, texts, strict=True):
            yield Prompt(index, question, preamble, query)

    def _requests(self, prompts: list[Prompt], scorer: Scorer, notes: Counter[str]) -> Iterator[Request]:
        """One request a choice; counts in ``notes`` the questions of which the prompt or a choice had to be cut."""
        spaced = takes_leading_space(scorer.tokenizer)
        for prompt in prompts:
            before = encode_context(prompt, scorer.tokenizer)
            choices = scorer.tokenizer.encode_batch([continuation(c, spaced) for c in prompt.question.choices])
            if not all(choices):
                where = f"{self.name} ({', '.join(self.data)})"
                raise InputError(f"question {prompt.index} has a choice without any token", where=where)
            longest = max(map(len, choices))
            notes["prompts_cut"] += len(before) + longest > scorer.context
            notes["choices_cut"] += longest >= scorer.context
            yield from (request(before, choice, scorer.context) for choice in choices)

    def _row(self, prompt: Prompt, scores: list[float]) -> dict[str, Any]:
        chosen, gold = int(np.argmin(scores)), prompt.question.gold
        category = {"category": prompt.question.category.strip()} if self.has_categories else {}
        return {
            "index": prompt.index,
            **category,
            "scores": scores,
            "chosen": chosen,
            "gold": gold,
            "correct": chosen == gold,
        }


def takes_leading_space(tokenizer: Tokenizer) -> bool:
    """Whether choices are tokenised with a space before them: where the tokenizer has " a" as one token."""
    return len(tokenizer.encode(" a")) == 1


def continuation(choice: str, spaced: bool) -> str:
    """A choice as it is tokenised."""
    return f" {choice}" if spaced and not choice.startswith(" ") else choice


def encode_context(prompt: Prompt, tokenizer: Tokenizer) -> list[int]:
    """Preamble and query, tokenised apart; the special tokens that the tokenizer adds come at the very beginning.

    Where there is neither (the reference then scores the first token of a choice by garbage) it is an end of text.
    """
    preamble = tokenizer.encode_batch([prompt.preamble], special_tokens=True)[0]
    if len(preamble) > 1 and preamble[-1] == tokenizer.end_of_text:
        preamble = preamble[:-1]
    return [*preamble, *tokenizer.encode(prompt.query)] or [tokenizer.end_of_text]


def request(before: list[int], choice: list[int], limit: int) -> Request:
    """A choice after its prompt, of which the beginning is cut so that both fit into ``limit`` tokens.

    Of a choice that is too long by itself (the reference then fails) the end is cut.
    """
    choice = choice[: limit - 1]
    kept = before[-(limit - len(choice)) :]
    return Request(np.array([*kept, *choice], np.int32), len(kept))


def accuracy(rows: list[dict[str, Any]]) -> tuple[float, float | None]:
    """The share of right answers and its standard error: the plain mean over categories, if there are any."""
    groups: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        groups[row.get("category", "")].append(row["correct"])
    shares = {category: sum(correct) / len(correct) for category, correct in groups.items()}
    value = sum(shares.values()) / len(shares)
    if min(map(len, groups.values())) < 2:
        return value, None
    variance = sum(shares[name] * (1 - shares[name]) / (len(correct) - 1) for name, correct in groups.items())
    return value, math.sqrt(variance) / len(shares)
