from __future__ import annotations

import numpy as np
import pytest
import torch


@pytest.fixture(scope="session")
def goldens(shared_data):
    """The goldens of the inversion paper: name → array."""
    with np.load(shared_data / "inversion_golden.npz") as file:
        return {name: file[name] for name in file.files}


@pytest.fixture(scope="session")
def image(goldens):
    """The goldens' image, (1, 3, 64, 64)."""
    return torch.from_numpy(goldens["img"])[None]


@pytest.fixture
def images():
    """Six different images, (6, 3, 40, 36)."""
    return torch.rand(6, 3, 40, 36, generator=torch.Generator().manual_seed(0))
