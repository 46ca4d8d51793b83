"""The goldens: documents, and what DCLM's own mappers say of them."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
import zstandard


@pytest.fixture(scope="session")
def golden(shared_data) -> list[dict[str, Any]]:
    """One dict a document: ``text``, ``filters`` (case → kept), ``fractions``, ``counts`` …"""
    with zstandard.open(shared_data / "dclm_mappers_golden.jsonl.zst", "rb") as file:
        return [json.loads(line) for line in io.TextIOWrapper(file, "utf-8")]


@pytest.fixture(scope="session")
def filter_cases(shared_data) -> dict[str, dict[str, Any]]:
    """Case → parameters; a case is the name of a filter, or begins with it and a colon."""
    cases = json.loads((shared_data / "dclm_mappers_cases.json").read_text(encoding="utf-8"))
    return dict(cases["cases"]["filters"])


@pytest.fixture(scope="session")
def modifier_cases(shared_data) -> dict[str, dict[str, Any]]:
    """Case → parameters; a case is the name of a modifier, or begins with it and a colon."""
    cases = json.loads((shared_data / "dclm_mappers_cases.json").read_text(encoding="utf-8"))
    return dict(cases["cases"]["modifiers"])
