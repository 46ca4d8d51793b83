"""One experiment on disk for all tests of the report; one of its recipes has markup for a name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from browsing import launched
from report_experiment import RECIPE_MARKUP, build_experiment


@pytest.fixture(scope="session")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four recipes, three seeds, a verdict, and poisoned documents. Not to be changed by a test."""
    return build_experiment(tmp_path_factory.mktemp("report") / "experiment", {"heuristics": RECIPE_MARKUP})


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    with launched() as found:
        yield found
