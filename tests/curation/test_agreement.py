from __future__ import annotations

from pathlib import Path

import pytest

from assay.base.errors import InputError
from assay.curation.agreement import Disagreement, compare_recipes
from assay.curation.recipe import Recipe, parse_recipe
from text.plain import documents


def recipe(name: str, *steps) -> Recipe:
    return parse_recipe({"name": name, "steps": list(steps)}, "test", Path())


SHORT = recipe("short", {"page_length_filter": {"length_type": "word", "max_length": 3}})
LONG = recipe("long", {"page_length_filter": {"length_type": "word", "min_length": 2}})


def test_who_keeps_what_and_why():
    agreement = compare_recipes(SHORT, LONG, documents("a", "a b", "a b c d", "a b c", ""))
    assert agreement.documents == 5
    assert agreement.kept == (3, 3)
    assert agreement.kept_by_both == 2
    assert agreement.share == 3 / 5
    assert agreement.disagreements == (
        Disagreement("0", "short", "page_length_filter: words < 2"),
        Disagreement("2", "long", "page_length_filter: words > 3"),
    )


def test_texts_that_are_changed():
    clean = recipe("clean", {"c4_quality": {"dialect": "dolma"}})
    agreement = compare_recipes(recipe("as it is"), clean, documents("a b c.\nx", "a b c."))
    assert (agreement.kept_by_both, agreement.changed, agreement.share) == (2, 1, 1)


def test_a_step_that_looks_at_the_pool():
    with pytest.raises(InputError, match="exact_dedup looks at the whole pool"):
        compare_recipes(SHORT, recipe("dedup", "exact_dedup"), documents("a"))


def test_no_documents():
    assert compare_recipes(SHORT, LONG, documents()).share == 1
