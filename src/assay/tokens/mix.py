"""Several datasets in one tokens folder: how much of each, and which of its sequences.

    # mix.yaml
    tokens: 50M            # of the whole mix; without it, as much as no source with a weight is repeated
    sources:
      - {dataset: web, weight: 0.8}       # shares what `tokens` leaves, by weight
      - {dataset: books, weight: 0.2}
      - {dataset: wiki, epochs: 2}        # all of it, twice
      - {dataset: code, tokens: 10M}

A source is packed into sequences by itself. One that gives more than it holds is repeated: whole epochs, and for the
rest sequences drawn without replacement from a fixed seed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field, model_validator

from assay.base.errors import InputError
from assay.base.files import below, is_remote
from assay.base.progress import log
from assay.base.settings import Settings, read_yaml, validate
from assay.base.units import Tokens

EPOCHS_AS_GOOD_AS_NEW = 4
"""Repeating data up to about four times is nearly as good as new data (Muennighoff et al. 2023, arXiv 2305.16264)."""


class Source(Settings):
    """A dataset, and one of three ways to say how much of it."""

    dataset: str
    """Folder or remote address; relative to the file of the mix."""
    weight: float | None = Field(default=None, gt=0)
    epochs: float | None = Field(default=None, gt=0)
    tokens: Tokens | None = None

    @model_validator(mode="after")
    def _one_amount(self) -> Source:
        if sum(amount is not None for amount in (self.weight, self.epochs, self.tokens)) != 1:
            raise ValueError("a source needs one of weight, epochs and tokens")
        return self

    @property
    def amount(self) -> dict[str, Any]:
        """How much, without where it lies."""
        return self.model_dump(exclude={"dataset"}, exclude_none=True)


class Mix(Settings):
    """The sources, and optionally the tokens of all together."""

    tokens: Tokens | None = None
    sources: list[Source] = Field(min_length=1)


def read_mix(path: str | Path) -> Mix:
    """The mix in a YAML file, with its datasets found. InputError that names the key where it is wrong."""
    mix = validate(Mix, read_yaml(path), path)
    if mix.tokens is not None and all(source.weight is None for source in mix.sources):
        raise InputError("tokens: has a meaning only where a source has a weight", where=path)
    folder = str(path).rpartition("/")[0] if is_remote(path) else Path(path).parent
    found = [source.model_copy(update={"dataset": str(below(folder, source.dataset))}) for source in mix.sources]
    return mix.model_copy(update={"sources": found})


def sequence_counts(mix: Mix, held: list[int], length: int) -> list[int]:
    """How many sequences each source gives, of those it holds. InputError when the amounts cannot be had."""
    fixed = [_fixed(source, count, length) for source, count in zip(mix.sources, held, strict=True)]
    weights = np.array([source.weight or 0.0 for source in mix.sources])
    shares = weights / (weights.sum() or 1.0)
    left = _left_for_weights(mix, held, shares, sum(fixed), length)
    counts = [given + round(left * share) for given, share in zip(fixed, shares.tolist(), strict=True)]
    empty = [source.dataset for source, count in zip(mix.sources, counts, strict=True) if count == 0]
    if empty:
        raise InputError(f"gives not one sequence of {length:,} tokens", where=empty[0], hint="give it more")
    return counts


def _fixed(source: Source, held: int, length: int) -> int:
    if source.epochs is not None:
        return round(source.epochs * held)
    return round(source.tokens / length) if source.tokens is not None else 0


def _left_for_weights(mix: Mix, held: list[int], shares: np.ndarray, fixed: int, length: int) -> float:
    if not shares.any():
        return 0.0
    if mix.tokens is None:
        return min(count / share for count, share in zip(held, shares.tolist(), strict=True) if share)
    left = mix.tokens / length - fixed
    if left <= 0:
        raise InputError(f"tokens: of {mix.tokens:,}, the sources without a weight leave nothing for the others")
    return left


def choose(counts: list[int], held: list[int], seed: int) -> np.ndarray:
    """The sequences of the mix, in the order of the sources, numbered as these lie one after another."""
    starts = np.cumsum([0, *held])
    chosen = [
        start + _sample(count, size, [seed, number])
        for number, (count, size, start) in enumerate(zip(counts, held, starts, strict=False))
    ]
    return np.concatenate(chosen)


def _sample(count: int, held: int, seed: list[int]) -> np.ndarray:
    """Whole epochs, and a part of one."""
    epochs, rest = divmod(count, held)
    everything = np.tile(np.arange(held), epochs)
    return (
        np.concatenate([everything, np.sort(np.random.default_rng(seed).permutation(held)[:rest])])
        if rest
        else everything
    )


def contributions(names: list[str], counts: list[int], held: list[int], length: int) -> list[dict[str, Any]]:
    """What each source gives, for the record; warns of those that are repeated more often than does good."""
    rows = []
    for name, count, size in zip(names, counts, held, strict=True):
        epochs = count / size
        if epochs > EPOCHS_AS_GOOD_AS_NEW:
            log(f"{name}: comes {epochs:.1f} times; repeats teach little after the fourth")
        rows.append({"name": name, "tokens": count * length, "held": size * length, "epochs": round(epochs, 4)})
    return rows
