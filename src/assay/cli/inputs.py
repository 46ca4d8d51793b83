"""What several verbs read: a pool from files, or the folder of a pool artifact."""

from __future__ import annotations

from pathlib import Path

from assay.base.errors import InputError
from assay.base.settings import validate
from assay.curation.recipe import Recipe
from assay.pools.columns import Columns
from assay.pools.pool import artifact_named, describe_pool
from assay.records.record import Record, read_record_of


def open_pool(paths: list[str], columns: list[str] | None = None) -> tuple[Record, str | Path | None]:
    """The record of a pool, and the folder that holds it (None when the pool is bare files)."""
    folder = artifact_named(paths)
    if folder:
        return read_record_of(folder, "pool"), folder
    return describe_pool(paths, column_names(columns)), None


def is_of_pairs(recipe: Recipe, pool: list[str]) -> bool:
    """Whether a recipe is for image–text pairs; one that does not say is for what the pool holds."""
    from assay.pairs.pool import holds_pairs

    return recipe.track == "image-text" or (recipe.track is None and artifact_named(pool) is None and holds_pairs(pool))


def column_names(assignments: list[str] | None) -> Columns:
    """What ``--columns`` says. InputError when that is not of the form text=NAME."""
    pairs = [assignment.partition("=") for assignment in assignments or []]
    for column, equals, name in pairs:
        if not equals or not name:
            raise InputError(f"{column!r} is not of the form text=NAME", where="--columns")
    return validate(Columns, {column: name for column, _, name in pairs}, "--columns")
