"""Stop and go on, bit for bit: the weights, the optimiser's state, and how far the run was.

A checkpoint is a folder named by its step: safetensors with the share of each process, written by
``torch.distributed.checkpoint`` while training goes on, and ``state.json``. There is no pickle in it, and any number
of processes can go on from it. It appears under its name when complete, and only then are older ones removed. There
is no random state to keep: the batch of a step depends on seed and step alone, and training draws no other random
numbers.
"""

from __future__ import annotations

import json
import os
import shutil
import warnings
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.hf_storage import HuggingFaceStorageReader, HuggingFaceStorageWriter
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import async_save
from torch.optim import Optimizer

from assay.base.errors import InputError
from assay.base.files import disk_error, write_bytes
from assay.training.world import World

_STATE_NAME = "state.json"
_PARTIAL = ".partial"


@dataclass
class State:
    """Where a run is."""

    step: int = 0
    """Steps done."""
    seconds: float = 0.0
    """Of training, over all parts of an interrupted run."""
    recent: list[tuple[float, float]] = field(default_factory=list)
    """Losses and gradient norms of the last steps, as ``Spikes`` keeps them."""
    skipped: int = 0
    """Steps left out because of a spike."""


class Checkpoints:
    """The checkpoints of a run, below ``folder``; the newest good one stays until the next is complete.

    Every process calls every method. As a context manager it waits at the end for what is being written.
    """

    def __init__(self, folder: Path, model: nn.Module, optimizer: Optimizer, world: World):
        self.folder = folder
        self._model, self._optimizer, self._world = model, optimizer, world
        self._writing: tuple[Future, Path] | None = None

    def __enter__(self) -> Checkpoints:
        return self

    def __exit__(self, *exception: object) -> None:
        self.settle()

    def save(self, state: State) -> None:
        """Begin to keep the state as the newest checkpoint: a copy is made now, and written while training goes on.

        MachineError when this one, or the one before, cannot be written; the last complete one is then still there.
        """
        self.settle()
        partial = self.folder / f"{state.step:08d}{_PARTIAL}"
        try:
            if self._world.is_main:
                shutil.rmtree(partial, ignore_errors=True)
                partial.mkdir(parents=True)
                write_bytes(partial / _STATE_NAME, json.dumps(asdict(state)).encode())
        except OSError as error:
            raise disk_error(error, partial) from error
        warnings.filterwarnings("ignore", "torch.distributed is disabled")
        future = async_save(
            _tensors(self._model, self._optimizer),
            storage_writer=HuggingFaceStorageWriter(str(partial), save_distributed=True),
            process_group=self._world.checkpoints,
            no_dist=self._world.size == 1,
        )
        assert isinstance(future, Future)  # the other answer is that of stagers of one's own
        self._writing = future, partial

    def settle(self, wait: bool = True) -> None:
        """Put in place what has been written; ``wait`` for it, or leave it for later when it is not ready yet."""
        if self._writing is None or not (wait or self._writing[0].done()):
            return
        (future, partial), self._writing = self._writing, None
        try:
            future.result()
            if self._world.is_main:
                _put_in_place(partial)
        except (OSError, CheckpointException) as error:
            shutil.rmtree(partial, ignore_errors=True)
            raise disk_error(_cause(error), partial) from error

    def restore(self) -> State:
        """Put the newest checkpoint's tensors into model and optimiser; where the run was, State() without one.

        InputError when it cannot be read.
        """
        newest = newest_checkpoint(self.folder)
        if newest is None:
            return State()
        try:
            state = State(**json.loads((newest / _STATE_NAME).read_bytes()))
            self._load(newest)
        except (Exception, CheckpointException) as error:  # a damaged file makes its readers raise anything
            raise InputError(
                f"the checkpoint is damaged: {_cause(error)}",
                where=newest,
                hint="remove this folder to start the run afresh",
            ) from error
        return state

    def _load(self, folder: Path) -> None:
        _make_state(self._model, self._optimizer)
        tensors = _tensors(self._model, self._optimizer)
        warnings.filterwarnings("ignore", "torch.distributed is disabled")
        load(
            tensors,  # pyright: ignore[reportArgumentType] - filled in place
            storage_reader=HuggingFaceStorageReader(str(folder)),
            process_group=self._world.checkpoints,
            no_dist=self._world.size == 1,
        )


def newest_checkpoint(folder: Path) -> Path | None:
    """The folder of the newest complete checkpoint."""
    return max((path for path in folder.glob("[0-9]*") if path.suffix != _PARTIAL), default=None)


def _put_in_place(partial: Path) -> None:
    target = partial.with_suffix("")
    shutil.rmtree(target, ignore_errors=True)
    os.rename(partial, target)
    for other in target.parent.iterdir():  # older ones, and what a kill left half made
        if other != target:
            shutil.rmtree(other)


def _cause(error: BaseException) -> Any:
    """What stands behind an error of the checkpoint library: the first failure of any process."""
    failures = getattr(error, "failures", None)
    return next(iter(failures.values()))[0] if failures else error


def _tensors(model: nn.Module, optimizer: Optimizer) -> dict[str, Any]:
    """Weights and buffers as ``model/<name>``, the optimiser's state as ``optimizer/<parameter>/<quantity>``."""
    tensors: dict[str, Tensor] = {f"model/{name}": weight.detach() for name, weight in model.state_dict().items()}
    for name, weight in model.named_parameters():
        for key, value in optimizer.state.get(weight, {}).items():
            tensors[f"optimizer/{name}/{key}"] = value
    return tensors


def _make_state(model: nn.Module, optimizer: Optimizer) -> None:
    """Let a new optimiser make its state, so that there is something to load into; the weights stay."""
    rates = [group["lr"] for group in optimizer.param_groups]
    for group in optimizer.param_groups:
        group["lr"] = 0.0
    for weight in model.parameters():
        weight.grad = torch.zeros_like(weight)
    optimizer.step()
    optimizer.zero_grad()
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        group["lr"] = rate
