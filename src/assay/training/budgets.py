"""Several token budgets from one run with a constant learning rate: each cools down from the same trunk.

Under WSD the steps before the cooldown are those of any longer run (same seed, same order of the data), so a run of
half the tokens needs only its own cooldown (Hägele et al., arXiv 2405.18392). Every budget is a run folder
of its own, bit for bit the one that training from the start would have given; ``assay fit`` reads it like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from assay.base.errors import InputError
from assay.base.settings import validate
from assay.base.units import Tokens
from assay.models.scales import Scale
from assay.records.record import Record
from assay.training.language import train
from assay.training.settings import RunSettings
from assay.training.trunk import Trunk


def train_budgets(
    tokens: Path,
    scale: Scale,
    budgets: Sequence[str],
    seed: int,
    out: Path,
    *,
    threads: int | None = None,
    settings: RunSettings | None = None,
) -> dict[Path, Record]:
    """Train a run for each budget ("5M", "20M"), the smallest first, into ``out``/<tokens>; what is there is kept.

    InputError when the scale has no constant phase, or a budget is too small for it.
    """
    trunk = Trunk(out / f"trunk-seed{seed}")
    runs = {out / f"{each.tokens:d}": each for each in _scales(scale, budgets)}
    return {folder: train(tokens, each, seed, folder, threads, settings, trunk=trunk) for folder, each in runs.items()}


def _scales(scale: Scale, budgets: Sequence[str]) -> list[Scale]:
    if scale.optimizer.schedule != "wsd":
        raise InputError(
            "several budgets come from one run only with a constant learning rate",
            where=scale.name,
            hint="add --set optimizer.schedule=wsd",
        )
    tokens = sorted(map(_tokens, budgets))
    return [validate(Scale, scale.resolved() | {"tokens": each}, where="--budgets") for each in tokens]


def _tokens(text: str) -> Tokens:
    try:
        return Tokens.parse(text)
    except ValueError as error:
        raise InputError(str(error), where="--budgets") from error
