"""assay compare-recipes"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, validators

from assay.cli.output import Json, print_json, print_rich, table

if TYPE_CHECKING:
    from assay.curation.compare import Comparison, Drop
    from assay.curation.recipe import Recipe

_REASONS = 20
_WIDTH = 200


def compare_recipes(
    a: str,
    b: str,
    /,
    *,
    pool: Annotated[list[str], Parameter(consume_multiple=True, negative="")],
    limit: Annotated[int | None, Parameter(validator=validators.Number(gte=1))] = None,
    examples: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 10,
    files: Annotated[list[Path] | None, Parameter(negative="")] = None,
    columns: Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")] = None,
    json_: Json = False,
) -> None:
    """Count how two recipes decide on the documents of a pool.

    Parameters
    ----------
    a
        A recipe file, a name of the catalog, or a single step: "word_length_filter: {max_length: 9}".
    b
        Another.
    pool
        Files, globs, folders or addresses: WARC, JSONL, Parquet; or the folder of a pool artifact.
    limit
        Read only so many documents, the first of the pool.
    examples
        How many of the documents to show on which they disagree.
    files
        A folder in which the files that steps name are looked for; can be repeated.
    columns
        Which column is which, when the names are unusual: text=body id=key url=address.

    """
    from assay.cli.inputs import open_pool
    from assay.curation.compare import compare_recipes as run_comparison

    record, folder = open_pool(pool, columns)
    recipe_a, recipe_b = (_recipe(source, files or []).for_pool(record) for source in (a, b))
    comparison = run_comparison(recipe_a, recipe_b, record, folder, limit, examples)
    if json_:
        print_json(_to_json(a, b, comparison))
    else:
        _print(a, b, comparison)


def _recipe(source: str, files: list[Path]) -> Recipe:
    """A recipe by its file or name, or one of the single step that is written out."""
    import yaml

    from assay.base.errors import InputError
    from assay.base.registry import names
    from assay.curation.recipe import load_recipe, parse_recipe

    if ": " not in source and source not in names("steps"):
        return load_recipe(source, files=files)
    try:
        return parse_recipe({"name": source, "steps": [yaml.safe_load(source)]}, source, Path())
    except yaml.YAMLError as error:
        raise InputError(
            "not a step in YAML", where=source, hint='as in "word_length_filter: {max_length: 9}"'
        ) from error


def _to_json(a: str, b: str, comparison: Comparison) -> dict[str, Any]:
    low, high = comparison.interval
    counts = (
        "documents",
        "both",
        "only_a",
        "only_b",
        "neither",
        "differing_texts",
        "unreadable",
        "agreement",
        "jaccard",
    )
    return {
        "a": a,
        "b": b,
        **{name: getattr(comparison, name) for name in counts},
        "agreement_interval": [low, high],
        "disagreements": [
            {"dropped_by": which, "step": drop.step, "reason": drop.reason, "documents": number}
            for (which, drop), number in comparison.drops.most_common()
        ],
        "examples": [
            asdict(example) | {"a": _drop_json(example.a), "b": _drop_json(example.b)}
            for example in comparison.examples
        ],
    }


def _drop_json(drop: Drop | None) -> dict[str, str] | None:
    return drop and drop._asdict()


def _print(a: str, b: str, comparison: Comparison) -> None:
    print_rich(f"A  {a}\nB  {b}")
    print_rich(table(None, ["documents", "", "share"], list(_counts(comparison))))
    low, high = comparison.interval
    print(f"They agree on {comparison.agreement:.2%} of the documents (95 % interval {low:.2%} to {high:.2%});")
    print(f"of the documents that any keeps, both keep {comparison.jaccard:.2%}.")
    if comparison.differing_texts:
        print(f"{comparison.differing_texts:,} of the documents that both keep have another text.")
    rows = [
        [which.upper(), drop.step, drop.reason, number]
        for (which, drop), number in comparison.drops.most_common(_REASONS)
    ]
    if rows:
        print_rich(table("Where one drops what the other keeps", ["dropped by", "step", "reason", "documents"], rows))
    for example in comparison.examples:
        print_rich(
            f"{example.url or example.id}\n  A {_fate(example.a)}\n  B {_fate(example.b)}\n  {_begin(example.text)}\n"
        )


def _counts(comparison: Comparison) -> Iterator[list[Any]]:
    for title, number in (
        ("both keep", comparison.both),
        ("only A keeps", comparison.only_a),
        ("only B keeps", comparison.only_b),
        ("both drop", comparison.neither),
    ):
        yield [title, number, f"{number / comparison.documents:.2%}"]
    if comparison.unreadable:
        yield ["unreadable rows", comparison.unreadable, ""]


def _fate(drop: Drop | None) -> str:
    return f"drops it, {drop.step}: {drop.reason}" if drop else "keeps it"


def _begin(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDTH else line[:_WIDTH] + "…"
