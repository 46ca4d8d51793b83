"""What all tests share: the folder of real data and goldens, and one thread a process."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from small_experiment import write_experiment

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell sets it for what runs in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)  # tests send it to commands, which inherit this

for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

_SHARED = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data and goldens beside the checkout."""
    if not _SHARED.is_dir():
        pytest.skip("the folder of real data and goldens, ../shared/data, is not here")
    return _SHARED


@pytest.fixture(scope="session")
def finished_experiment(tmp_path_factory) -> Path:
    """The folder of a very small experiment, run to its end."""
    from assay.cli import invoke

    folder = tmp_path_factory.mktemp("experiment")
    assert invoke(["run", str(write_experiment(folder)), "--workers", "1"]) == 0
    return folder
