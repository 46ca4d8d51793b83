"""Where a run computes, and with what arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from assay.training.memory import keep_freed_memory


def best_device() -> torch.device:
    """The first CUDA device, or the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def autocast(device: torch.device) -> torch.autocast:
    """bfloat16 where the device is a GPU, as DCLM; float32 on a CPU."""
    return torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")


@contextmanager
def computing(threads: int | None) -> Iterator[None]:
    """Set torch's threads (None: as they are) and matrix products for a block of training, and put both back after it.

    With the precision "medium" torch takes oneDNN's products of float32 matrices instead of MKL's: on an AMD Zen 5
    core with the same result to the last bit and 2.2 times the speed; a CPU with matrix units (AMX) rounds the
    factors to bfloat16, as a GPU does under autocast.
    """
    keep_freed_memory()
    threads_before, precision_before = torch.get_num_threads(), torch.get_float32_matmul_precision()
    torch.set_num_threads(threads or threads_before)
    torch.set_float32_matmul_precision("medium")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(precision_before)
        torch.set_num_threads(threads_before)
