"""A scorer as lm-evaluation-harness sees a model. Importing this needs the extra ``lm-eval``."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np

from assay.base.errors import InputError
from assay.base.optional import optional
from assay.evaluation.scoring import Scorer
from assay.evaluation.task import Request

_PURPOSE = "tasks of lm-evaluation-harness"
_TemplateModel: Any = optional("lm_eval.api.model", "lm-eval", _PURPOSE).TemplateLM
_utils: Any = optional("lm_eval.utils", "lm-eval", _PURPOSE)
_NEW_TOKENS = 256
"""What the harness's own models generate at most, unless a task says otherwise (HFLM.max_gen_toks)."""


class HarnessModel(_TemplateModel):
    """Answers what the harness asks; prompts are cut on the left, as by its own Hugging Face model."""

    def __init__(self, scorer: Scorer):
        super().__init__()
        self.scorer = scorer

    @property
    def eot_token_id(self) -> int:
        """The end of text."""
        return self.scorer.tokenizer.end_of_text

    def tok_encode(self, string: str, add_special_tokens: bool | None = None, **_: Any) -> list[int]:
        """The ids of a text; with the special tokens that the tokenizer adds, unless told otherwise."""
        return self.scorer.tokenizer.encode_batch([string], special_tokens=add_special_tokens is not False)[0]

    def _loglikelihood_tokens(
        self, requests: list[tuple[Any, list[int], list[int]]], **_: Any
    ) -> list[tuple[float, bool]]:
        scored = self.scorer.score(self._request(before, after) for _, before, after in requests)
        return [(-math.fsum(found.losses), found.greedy) for found in scored]

    def _request(self, before: list[int], after: list[int]) -> Request:
        """The model reads all but the last token, so that one more than its context goes in."""
        tokens = [*before, *after][-(self.scorer.context + 1) :]
        return Request(np.array(tokens, np.int32), max(1, len(tokens) - len(after)))

    def loglikelihood_rolling(self, requests: list[Any], **_: Any) -> list[float]:
        """The log-likelihood of whole texts, in windows that do not overlap."""
        pieces = [list(self._windows(request.args[0])) for request in requests]
        losses = self.scorer.losses(piece for windows in pieces for piece in windows)
        return [-math.fsum(nats for _ in windows for nats in next(losses)) for windows in pieces]

    def _windows(self, text: str) -> Iterator[Request]:
        tokens = self.tok_encode(text, add_special_tokens=False)
        windows = _utils.get_rolling_token_windows(tokens, self.prefix_token_id, self.scorer.context, 1)
        for before, after in map(_utils.make_disjoint_window, windows):
            yield self._request(before, after)

    def generate_until(self, requests: list[Any], **_: Any) -> list[str]:
        """Greedy answers up to the first of their stop strings. InputError for a task that wants them sampled."""
        groups: dict[tuple[int, tuple[str, ...]], list[int]] = defaultdict(list)
        for index, request in enumerate(requests):
            groups[self._limits(request.args[1])].append(index)
        answers: dict[int, str] = {}
        for (count, stop), indices in groups.items():
            contexts = (self.tok_encode(requests[index].args[0]) for index in indices)
            prompts = [ids[-(self.scorer.context - count) :] for ids in contexts]
            texts = self.scorer.generate(prompts, count, stop)
            answers |= {index: _until(text, stop) for index, text in zip(indices, texts, strict=True)}
        return [answers[index] for index in range(len(requests))]

    def _limits(self, settings: dict[str, Any]) -> tuple[int, tuple[str, ...]]:
        """How many tokens an answer may have, and what ends it."""
        if settings.get("do_sample") and settings.get("temperature", 1.0) > 0:
            raise InputError("answers are to be sampled, and assay generates the likeliest", where=_PURPOSE)
        until = settings.get("until") or []
        stop = (until,) if isinstance(until, str) else tuple(until)
        return min(settings.get("max_gen_toks", _NEW_TOKENS), self.scorer.context - 1), stop


def _until(text: str, stop: tuple[str, ...]) -> str:
    """A text up to the first stop string."""
    for end in filter(None, stop):
        text = text.split(end, maxsplit=1)[0]
    return text
