"""experiment.yaml: what to compare.

name: my-first
pool: [crawl/*.warc.gz]
recipes: [no-filter, my-recipe.yaml]
scales: [lm-1m]
seeds: 3
suite: my-suite.yaml
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from assay.base.settings import Settings, override, read_yaml, validate
from assay.pools.columns import Columns


class TokenizerSpec(Settings):
    """Trained on the baseline's dataset, or read from a file; all recipes share it."""

    vocab_size: int | None = None
    """By default that of the smallest scale."""
    path: str | None = None
    """A tokenizer.json to use instead of training one."""


class Experiment(Settings):
    """What to compare. Paths are relative to the experiment file."""

    name: str
    pool: Annotated[list[str], Field(min_length=1)]
    """Files, globs, folders or addresses of the raw candidates; or the folder of a pool artifact."""
    columns: Columns = Columns()
    recipes: Annotated[list[str], Field(min_length=1)]
    """Recipe files, or names of the catalog. The first is the baseline."""
    tokenizer: TokenizerSpec = TokenizerSpec()
    scales: Annotated[list[str], Field(min_length=1)]
    """Scale files, or names of the catalog. The verdict is about the largest."""
    seeds: Annotated[int, Field(ge=1)] = 3
    """Runs of each recipe at each scale; run k uses seed k for initialisation and data order."""
    suite: str
    """Suite file, or name of the catalog. Its bits-per-byte tasks decide the verdict."""
    data: str | None = None
    """Folder of the suite's task files, when they do not lie beside the suite file."""
    decontaminate: bool = True
    """Drop pool documents that share a 13-gram with the held-out text, before every recipe."""


def load_experiment(path: str | Path, overrides: list[str] | None = None) -> tuple[Experiment, Path]:
    """The experiment in a YAML file, and the folder its paths are relative to."""
    value = read_yaml(path)
    if overrides and isinstance(value, dict):
        value = override(value, overrides)
    return validate(Experiment, value, where=path), Path(path).resolve().parent
