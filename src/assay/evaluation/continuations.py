"""Tasks that are measured by the likelihood of given continuations: nothing is generated."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from assay.base.errors import InputError
from assay.base.progress import progress
from assay.evaluation.encoding import encode_contexts, encode_continuations, request
from assay.evaluation.in_context import InContextTask, accuracy
from assay.evaluation.prompts import Prompt
from assay.evaluation.task import Measured, Request

if TYPE_CHECKING:
    from assay.evaluation.scoring import Scored, Scorer


class Verdict(NamedTuple):
    """What the model made of a question."""

    chosen: int | None
    """Index of the choice that it takes for the answer; None where there is no choice."""
    correct: bool


def measure_continuations(
    task: InContextTask, scorer: Scorer, judge: Callable[[Prompt, list[Scored]], Verdict]
) -> Measured:
    """Score every continuation of every question, and judge the questions.

    A row holds, for each continuation, ``log_likelihoods`` (the sum over its tokens, in nats) and its size: scored
    ``tokens``, ``characters`` and UTF-8 ``bytes`` (of the text without a leading space).
    """
    prompts = task.prompts()
    notes: Counter[str] = Counter(prompts_cut=0, continuations_cut=0)
    scored = scorer.score(_requests(task, prompts, scorer, notes))
    rows = []
    with progress(task.name, len(prompts), "questions") as bar:
        for prompt in prompts:
            found = list(islice(scored, len(prompt.pairs())))
            rows.append(_row(prompt, found, judge(prompt, found)))
            bar.advance()
    value, stderr = accuracy(rows)
    return Measured(value, stderr, sorted(rows, key=lambda row: row["index"]), dict(notes))


def _requests(task: InContextTask, prompts: list[Prompt], scorer: Scorer, notes: Counter[str]) -> Iterator[Request]:
    """One request a pair; counts in ``notes`` the questions of which something had to be cut."""
    limit = min(scorer.context, task.max_seq_len or scorer.context)
    contexts = encode_contexts(prompts, scorer.tokenizer)
    continuations = encode_continuations(prompts, scorer.tokenizer)
    for prompt, before, after in zip(prompts, contexts, continuations, strict=True):
        if not all(after):
            where = f"{task.name} ({', '.join(task.data)})"
            raise InputError(f"question {prompt.index} has a continuation without any token", where=where)
        longest = max(map(len, after))
        notes["prompts_cut"] += max(map(len, before)) + longest > limit
        notes["continuations_cut"] += longest >= limit
        yield from (request(context, ids, limit) for context in before for ids in after)


def _row(prompt: Prompt, scored: list[Scored], verdict: Verdict) -> dict[str, Any]:
    texts = [text.removeprefix(" ") for _, text in prompt.pairs()]
    return {
        **question_columns(prompt),
        "gold": prompt.gold,
        "chosen": verdict.chosen,
        "correct": verdict.correct,
        "log_likelihoods": [-math.fsum(found.losses) for found in scored],
        "tokens": [len(found.losses) for found in scored],
        "characters": [len(text) for text in texts],
        "bytes": [len(text.encode()) for text in texts],
    }


def question_columns(prompt: Prompt) -> dict[str, Any]:
    """The columns that say which question a row is about."""
    category = {} if prompt.category is None else {"category": prompt.category}
    return {"index": prompt.index, **category, "prompt_hash": prompt.hash}


def lowest_loss(prompt: Prompt, scored: list[Scored]) -> Verdict:
    """The choice whose tokens have the lowest mean cross-entropy is the answer, the first of them on a tie."""
    means = [float(found.losses.mean()) for found in scored]
    chosen = means.index(min(means))
    return Verdict(chosen, chosen == prompt.gold)
