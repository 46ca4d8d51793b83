"""Where a run computes, and with what arithmetic."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import torch

from assay.training.memory import keep_freed_memory

_PRODUCT = {"cpu": 1024, "cuda": 8192}
"""Rows of the matrices whose product tells the rate of a device: large enough to keep it busy."""
_TRIES = 5


def best_device(number: int = 0) -> torch.device:
    """A CUDA device, by default the first, or the CPU."""
    return torch.device("cuda", number) if torch.cuda.is_available() else torch.device("cpu")


def autocast(device: torch.device, precision: str | None = None) -> torch.autocast:
    """The arithmetic of matrix products; None: bfloat16 where the device is a GPU, as DCLM, float32 on a CPU."""
    default = "bfloat16" if device.type == "cuda" else "float32"
    return torch.autocast(device.type, torch.bfloat16, enabled=(precision or default) == "bfloat16")


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


@lru_cache
def matmul_rate(device: torch.device, precision: str | None, threads: int) -> float:
    """Floating-point operations a second of a product of square matrices, the best there is: what MFU is a share of.

    With the arithmetic of the run, in the three layouts that a step has (x·W^T, and both products of its gradient): a
    CPU without bfloat16 units is far slower in some than in others. 1,024 rows on a CPU, 8,192 on a GPU;
    ``threads`` are those that torch is set to.
    """
    rows = _PRODUCT[device.type]
    factor = torch.ones(rows, rows, device=device)
    with autocast(device, precision), torch.no_grad():
        factor = factor.to(torch.bfloat16) if torch.is_autocast_enabled(device.type) else factor
        layouts = (factor, factor.T), (factor, factor), (factor.T, factor)
        fastest = min(layouts, key=lambda layout: _seconds(*layout))
        return 2 * rows**3 / min(_seconds(*fastest) for _ in range(_TRIES))


def _seconds(left: torch.Tensor, right: torch.Tensor) -> float:
    started = time.perf_counter()
    product = left @ right
    product[0, 0].item()  # waits for the device
    return time.perf_counter() - started


def peak_memory(device: torch.device) -> int:
    """Bytes: the most that tensors took on a GPU, or this process on a CPU, since it began."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
