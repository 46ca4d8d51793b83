"""Questions whose answers are generated, asked and scored as llm-foundry 0.9.0 does for DCLM.

The model goes on greedily after the prompt, if wanted by way of a chain of thought. Its answer is right if it begins
with one of the answers that are right, both normalised.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import Field, model_validator

from assay.evaluation.continuations import question_columns
from assay.evaluation.encoding import encode_contexts
from assay.evaluation.in_context import InContextTask, Question, accuracy
from assay.evaluation.prompts import Prompt
from assay.evaluation.task import Measured

if TYPE_CHECKING:
    from assay.evaluation.scoring import Scorer
    from assay.tokens.tokenizer import Tokenizer

_SPARE_TOKENS = 10
"""What a chain of thought may be longer than the longest of the data (llm-foundry's _MAX_ANSWER_BUFFER_LENGTH)."""
_PUNCTUATION = str.maketrans(dict.fromkeys(string.punctuation + "‘’´`", " "))
_ARTICLE = re.compile(r"\b(a|an|the)\b")


class Answered(Question):
    """A question and the answers that are right."""

    context: str
    answer: str
    aliases: list[str] = Field([])
    """Other answers that are right."""
    chain_of_thought: str | None = None
    """How an example comes to its answer."""

    def continuations(self) -> tuple[str, ...]:
        """All answers that are right, in alphabetical order."""
        return tuple(sorted({self.answer, *self.aliases}))

    @property
    def right(self) -> None:
        """There are no choices."""
        return


class Generation(InContextTask):
    """Questions: JSON lines with ``context``, ``answer`` and, for some, ``aliases`` and ``chain_of_thought``."""

    question: ClassVar[type[Question]] = Answered

    cot_delimiter: str = ""
    """Between a chain of thought and the answer."""
    early_stopping_criteria: list[str] = Field([])
    """What ends the answer; the reference cuts at them as at regular expressions."""
    do_normalization: bool = True
    """Whether case, punctuation and articles are to count for nothing."""

    @model_validator(mode="after")
    def _stops_are_an_expression(self) -> Self:
        try:
            re.compile("|".join(self.early_stopping_criteria))
        except re.error as error:
            raise ValueError(f"early_stopping_criteria are no regular expression: {error}") from error
        return self

    def measure(self, scorer: Scorer) -> Measured:
        """Share of questions answered rightly."""
        rows: list[dict[str, Any]] = []
        cut = 0
        for numbered in self._by_category():
            prompts = list(self._prompts_of(numbered))
            longest = self.answer_tokens((question for _, question in numbered), scorer.tokenizer)
            room = max(1, min(scorer.context, self.max_seq_len or scorer.context) - longest)
            contexts = [ids for [ids] in encode_contexts(prompts, scorer.tokenizer)]
            cut += sum(len(ids) > room for ids in contexts)
            stop = tuple(self.early_stopping_criteria)
            new = max(1, min(longest, scorer.context - room))
            texts = scorer.generate([ids[-room:] for ids in contexts], new, stop)
            rows += [self._row(prompt, text) for prompt, text in zip(prompts, texts, strict=True)]
        value, stderr = accuracy(rows)
        return Measured(value, stderr, sorted(rows, key=lambda row: row["index"]), {"prompts_cut": cut})

    def answer_tokens(self, questions: Iterable[Any], tokenizer: Tokenizer) -> int:
        """Tokens that an answer may have: as many as the longest of the data, and some more with a chain of thought."""
        texts = {text for question in questions for text in self._responses(question)}
        longest = max(map(len, tokenizer.encode_batch(sorted(texts), special_tokens=True)))
        return longest + (_SPARE_TOKENS if self.cot_delimiter else 0)

    def _responses(self, question: Answered) -> Iterator[str]:
        thought = question.chain_of_thought
        start = "" if thought is None else f"{thought}{self.cot_delimiter}"
        return (start + answer for answer in question.continuations())

    def asked(self, question: Answered) -> str:
        """The context."""
        return question.context.strip()

    def answer(self, question: Answered) -> str:
        """The answer, after its chain of thought if it has one."""
        if question.chain_of_thought is None:
            return question.answer.strip()
        return f"{question.chain_of_thought.strip()}{self.cot_delimiter}{question.answer.strip()}"

    def is_right(self, generated: str, answers: Iterable[str]) -> bool:
        """Whether what was generated begins with one of the answers."""
        if self.early_stopping_criteria:
            generated = re.split("|".join(self.early_stopping_criteria), generated)[0]
        if self.cot_delimiter:
            generated = generated.split(self.cot_delimiter)[-1]
        if not self.do_normalization:
            return generated.startswith(tuple(answers))
        return normalized(generated).startswith(tuple(map(normalized, answers)))

    def _row(self, prompt: Prompt, generated: str) -> dict[str, Any]:
        return {
            **question_columns(prompt),
            "gold": None,
            "chosen": None,
            "correct": self.is_right(generated, prompt.continuations),
            "log_likelihoods": [],
            "tokens": [],
            "characters": [],
            "bytes": [],
            "generated": generated,
        }


def normalized(answer: str) -> str:
    """An answer in lower case, without punctuation, articles and superfluous white space (TriviaQA's evaluation)."""
    text = answer.replace("_", " ").lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLE.sub(" ", text).split())
