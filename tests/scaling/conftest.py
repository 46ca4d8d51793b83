from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

from assay.scaling.downstream import with_averages
from assay.scaling.forms import Constants
from assay.scaling.read import read_runs
from assay.scaling.runs import Runs

settings.register_profile("few", max_examples=40, deadline=None)
settings.load_profile("few")

TRUE = Constants(E=1.7, A=400.0, B=800.0, alpha=0.30, beta=0.32)


@pytest.fixture(scope="session")
def published(shared_data: Path) -> Runs:
    return with_averages(read_runs(shared_data / "scaling_testbed.csv"))


@pytest.fixture(scope="session")
def golden(shared_data: Path) -> dict[str, Any]:
    return json.loads((shared_data / "scaling_golden.json").read_text())


def ladder(law: Constants = TRUE, noise: float = 0.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Six sizes from 5M to 500M, four multipliers each: parameters, tokens, losses."""
    params, multiplier = (each.ravel() for each in np.meshgrid(np.geomspace(5e6, 5e8, 6), [10, 20, 80, 320]))
    tokens = params * multiplier
    scatter = np.exp(noise * np.random.default_rng(seed).standard_normal(len(params)))
    return params, tokens, law.loss(params, tokens) * scatter
