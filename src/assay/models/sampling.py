"""Text from a model, token by token: temperature, top-k and nucleus sampling, with a cache of keys and values."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from pydantic import Field, PositiveInt
from torch import Tensor

from assay.base.settings import Settings
from assay.models.language import LanguageModel


class Sampling(Settings):
    """How the next token is drawn from the logits."""

    temperature: float = Field(default=1.0, ge=0)
    """Divides the logits; 0 takes the likeliest token."""
    top_k: PositiveInt | None = None
    """Draw from so many of the likeliest tokens (Fan et al. 2018)."""
    top_p: float | None = Field(default=None, gt=0, le=1)
    """Draw from the fewest likeliest tokens that have this probability together (nucleus, Holtzman et al. 2020)."""


@torch.inference_mode()
def sample(
    model: LanguageModel, prompt: list[int], limit: int, sampling: Sampling, generator: torch.Generator
) -> Iterator[int]:
    """Up to ``limit`` tokens that follow the prompt (at least one token). The model and generator are on one device."""
    cache = model.new_cache()
    tokens = torch.tensor([prompt], device=generator.device)
    for _ in range(limit):
        logits = model.output(model.hidden(tokens, cache=cache)[0, -1]).float()
        tokens = draw(logits, sampling, generator)[None]
        yield int(tokens)


def draw(logits: Tensor, sampling: Sampling, generator: torch.Generator) -> Tensor:
    """One token id, int64 (1,), for logits (V,)."""
    if sampling.temperature == 0:
        return logits.argmax(-1, keepdim=True)
    ordered, ids = (logits / sampling.temperature).sort(descending=True, stable=True)
    shares = ordered.softmax(-1)
    if sampling.top_k:
        shares[sampling.top_k :] = 0
        shares /= shares.sum()
    if sampling.top_p:
        shares[shares.cumsum(-1) - shares >= sampling.top_p] = 0  # what is likelier already has top_p
    return ids[torch.multinomial(shares, 1, generator=generator)]
