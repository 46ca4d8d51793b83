"""The processes that train one model together, as torchrun starts them: one for each device."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist

from assay.base.progress import silence
from assay.training.device import best_device


@dataclass(frozen=True)
class World:
    """This process among the others."""

    device: torch.device
    rank: int = 0
    size: int = 1
    local_size: int = 1
    """Processes on this machine."""
    checkpoints: dist.ProcessGroup | None = None
    """Of its own, so that a checkpoint can be written while training goes on; None with one process."""

    @property
    def is_main(self) -> bool:
        """Whether this is the process that writes records, metrics and lines for people."""
        return self.rank == 0

    def share(self, count: int) -> slice:
        """Which of ``count`` items are this process's: disjoint, all of them together, in the order of ranks."""
        return slice(self.rank * count // self.size, (self.rank + 1) * count // self.size)

    def gather(self, values: list[float]) -> torch.Tensor:
        """The values of all processes: float64, shape (size, values)."""
        own = torch.tensor(values, dtype=torch.float64, device=self.device)
        if self.size == 1:
            return own[None].cpu()
        everyone = [torch.empty_like(own) for _ in range(self.size)]
        dist.all_gather(everyone, own)
        return torch.stack(everyone).cpu()

    def barrier(self) -> None:
        """Wait for all."""
        self.gather([0.0])


@contextmanager
def joined() -> Iterator[World]:
    """Join the processes that torchrun started, for the time of the block; alone when it did not start this one."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield World(best_device())
        return
    if int(os.environ["RANK"]):
        silence()  # the first process speaks for all
    device = best_device(int(os.environ["LOCAL_RANK"]))
    if device.type == "cuda":
        torch.cuda.set_device(device)
    dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
    try:
        local_size = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
        own = dist.new_group(backend="gloo")
        assert isinstance(own, dist.ProcessGroup)  # every process is in it
        yield World(device, dist.get_rank(), size, local_size, own)
    finally:
        gc.collect()  # DDP's reducer waits for ever when it outlives its group
        dist.destroy_process_group()
