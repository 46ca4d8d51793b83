"""In-context tasks: questions asked after answered examples, word for word as llm-foundry 0.9.0 asks them for DCLM.

The keys of such a task in a suite are llm-foundry's. A type says what a row holds, how a row is worded as an example
and as a query, and how a model's answers are measured; reading, categories and examples are the same for all.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from assay.base.errors import InputError
from assay.base.settings import validate
from assay.evaluation.prompts import FEWSHOT_SEED, Prompt, choose_examples
from assay.evaluation.proxies import Proxy
from assay.evaluation.task import Task
from assay.tokens.jsonl import read_jsonl

Stripped = Annotated[str, AfterValidator(str.strip)]
"""Text without white space at its ends: the reference strips every string of a row, but not those in lists."""


class Question(BaseModel):
    """A row of the data; other keys are ignored."""

    model_config = ConfigDict(frozen=True)

    category: str | None = None

    def continuations(self) -> tuple[str, ...]:
        """The texts that may follow the query."""
        raise NotImplementedError

    @property
    def right(self) -> int | None:
        """Index of the right choice, if there are choices."""
        return 0


class InContextTask(Task):
    """Base of the in-context types."""

    metric: ClassVar[str] = "accuracy"
    higher_is_better: ClassVar[bool] = True
    rows_file: ClassVar[str] = "predictions.parquet"
    question: ClassVar[type[Question]]
    """What a row of the data must hold."""

    num_fewshot: Annotated[int, Field(ge=0)] = 0
    """Answered examples before each question."""
    prompt_string: str = ""
    """Stands once, before everything else."""
    example_delimiter: str = "\n"
    """Between examples, and before the query when anything precedes it."""
    continuation_delimiter: str = " "
    """Between a question and its answer."""
    question_prelimiter: str = ""
    """Before each question."""
    has_categories: bool = False
    """Examples come from the question's own category, and the score is the mean over categories."""
    fewshot_random_seed: int = FEWSHOT_SEED
    max_seq_len: Annotated[int, Field(gt=1)] | None = None
    """Tokens of prompt and answer, at most; by default as many as the model can read (DCLM: 2048)."""
    proxies: list[Proxy] = Field([])
    """Scores to be taken beside accuracy (``proxies.py``)."""

    def check(self) -> None:
        """Read all questions."""
        self.prompts()

    def prompts(self) -> list[Prompt]:
        """All prompts, category by category in alphabetical order. InputError for a row that is not a question."""
        return [prompt for numbered in self._by_category() for prompt in self._prompts_of(numbered)]

    def _by_category(self) -> list[list[tuple[int, Question]]]:
        """The questions with their numbers in the data; each list is a data set of its own."""
        categories: dict[str, list[tuple[int, Question]]] = defaultdict(list)
        for index, question in enumerate(self._questions()):
            categories[question.category or "" if self.has_categories else ""].append((index, question))
        if not categories:
            raise InputError("holds no question", where=", ".join(self.data))
        return [numbered for _, numbered in sorted(categories.items())]

    def _questions(self) -> Iterator[Question]:
        for file in self.data:
            for line, row in read_jsonl(file):
                question = validate(self.question, row, f"{file}:{line}")
                if self.has_categories and question.category is None:
                    hint = "add one to every row, or set has_categories to false"
                    raise InputError("has no category", where=f"{file}:{line}", hint=hint)
                yield question

    def _prompts_of(self, numbered: list[tuple[int, Question]]) -> Iterator[Prompt]:
        chosen = choose_examples(len(numbered), self.num_fewshot, self.fewshot_random_seed)
        for (index, question), examples in zip(numbered, chosen, strict=True):
            preamble = self.prompt_string
            for other in examples:
                preamble += self.example(numbered[other][1], preamble)
            category = question.category if self.has_categories else None
            queries = self.queries(question, preamble)
            yield Prompt(index, category, preamble, queries, question.continuations(), question.right)

    def example(self, question: Any, before: str) -> str:
        """A question with its answer, as it stands after the text ``before``."""
        return self.worded(self.asked(question), before) + self.answer(question)

    def queries(self, question: Any, before: str) -> tuple[str, ...]:
        """The question to be answered, as it stands after the text ``before``."""
        return (self.worded(self.asked(question), before).rstrip(),)

    def worded(self, text: str, before: str) -> str:
        """A question between its delimiters."""
        delimiter = self.example_delimiter if before else ""
        return f"{delimiter}{self.question_prelimiter}{text}{self.continuation_delimiter}"

    def asked(self, question: Any) -> str:
        """The text of a question."""
        raise NotImplementedError

    def answer(self, question: Any) -> str:
        """The right answer, as an example gives it."""
        return question.continuations()[question.right]


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
