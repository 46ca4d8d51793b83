"""How each stage is made: by the room that owns it, imported only when something is to be made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from assay.curation.recipe import Recipe
from assay.records.artifact import Identity
from assay.records.record import Record

if TYPE_CHECKING:
    from assay.evaluation.suite import Suite
    from assay.experiments.trial import Trial
    from assay.models.scales import Scale


def dataset(pool: Record, pool_folder: Path, recipe: Recipe, out: Path, workers: int) -> Record:
    """Curate the pool."""
    from assay.curation.engine import curate

    return curate(pool, recipe, out, pool_folder, workers)


def tokenizer(source: Path, vocab_size: int, out: Path, workers: int) -> Record:
    """Train a tokenizer on a dataset."""
    from assay.tokens.tokenizer import train_tokenizer

    return train_tokenizer(source, vocab_size, out)


def tokenizer_copy(path: str, out: Path, workers: int) -> Record:
    """Take a tokenizer from a file."""
    from assay.tokens.tokenizer import copy_tokenizer

    return copy_tokenizer(path, out)


def tokens(source: Path, tokenizer: Path, context: int, out: Path, workers: int) -> Record:
    """Tokenise a dataset."""
    from assay.tokens.pack import tokenize

    return tokenize(source, tokenizer, out, context, workers=workers)


def run(source: Path, scale: Scale, seed: int, out: Path, threads: int) -> Record:
    """Train a model."""
    from assay.training.language import train

    return train(source, scale, seed, out, threads=threads)


def check(suite: Suite) -> None:
    """Read the suite's data, so that a broken file is found before the training."""
    for task in suite.tasks:
        task.check()


def evaluation(run: Path, suite: Suite, out: Path, threads: int) -> Record:
    """Evaluate a run."""
    from assay.evaluation.evaluate import evaluate

    return evaluate(run, suite, out, threads=threads)


def verdict(trials: list[Trial], target: str, identity: Identity, out: Path, workers: int) -> Record:
    """Compare the recipes."""
    from assay.experiments.verdict import make_verdict

    return make_verdict(trials, target, identity, out)
