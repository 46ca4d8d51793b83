"""The goldens of max-plus algebra and of networks."""

from __future__ import annotations

import json
from typing import Any

import pytest


@pytest.fixture(scope="session")
def golden(shared_data) -> dict[str, Any]:
    """Divisions, polytopes, networks, partitions and bounds; terms are [exponents…, coefficient]."""
    return json.loads((shared_data / "tropical_golden.json").read_text(encoding="utf-8"))
