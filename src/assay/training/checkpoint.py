"""Stop and go on, bit for bit: the weights, the optimiser's state, and how far the run was.

A checkpoint is a folder named by its step: ``model.safetensors``, ``optimizer.safetensors``, ``state.json``. It
appears under its name when complete, and only then are older ones removed. There is no random state to keep: the
batch of a step depends on seed and step alone, and training draws no other random numbers.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

from assay.base.errors import InputError
from assay.base.files import disk_error, write_bytes
from assay.models.checkpoints import MODEL_NAME, load_weights, read_tensors, write_tensors

_OPTIMIZER_NAME = "optimizer.safetensors"
_STATE_NAME = "state.json"
_PARTIAL = ".partial"


def save_checkpoint(folder: Path, model: nn.Module, optimizer: Optimizer, step: int, seconds: float) -> None:
    """Keep the state after ``step`` steps and ``seconds`` of training as the newest checkpoint below ``folder``.

    MachineError when it cannot be written; the one before it is then still there.
    """
    target = folder / f"{step:08d}"
    partial = target.with_suffix(_PARTIAL)
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        write_tensors(partial / MODEL_NAME, model.state_dict())
        write_tensors(partial / _OPTIMIZER_NAME, _flat(model, optimizer))
        write_bytes(partial / _STATE_NAME, json.dumps({"step": step, "seconds": seconds}).encode())
        os.rename(partial, target)
    except OSError as error:
        raise disk_error(error, partial) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    for other in folder.iterdir():  # older ones, and what a kill left half made
        if other != target:
            shutil.rmtree(other)


def restore_checkpoint(folder: Path, model: nn.Module, optimizer: Optimizer) -> tuple[int, float]:
    """Put the newest checkpoint's state into model and optimiser; the steps and seconds done, (0, 0.0) without one.

    InputError when it cannot be read.
    """
    found = _checkpoints(folder)
    if not found:
        return 0, 0.0
    newest = found[-1]
    try:
        state = json.loads((newest / _STATE_NAME).read_bytes())
        load_weights(model, read_tensors(newest / MODEL_NAME), newest)
        _restore(model, optimizer, read_tensors(newest / _OPTIMIZER_NAME))
    except (InputError, OSError, ValueError, KeyError) as error:
        raise InputError(
            f"the checkpoint is damaged: {error}", where=newest, hint="remove this folder to start the run afresh"
        ) from error
    return state["step"], state["seconds"]


def _checkpoints(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("[0-9]*") if path.suffix != _PARTIAL)


def _flat(model: nn.Module, optimizer: Optimizer) -> dict[str, Tensor]:
    """The optimiser's state as ``<parameter>/<quantity>``; its parameters are the model's, in their order."""
    names = [name for name, _ in model.named_parameters()]
    state = optimizer.state_dict()["state"]
    return {f"{names[index]}/{key}": tensor for index, values in state.items() for key, tensor in values.items()}


def _restore(model: nn.Module, optimizer: Optimizer, tensors: dict[str, Tensor]) -> None:
    index_of = {name: index for index, (name, _) in enumerate(model.named_parameters())}
    state: dict[int, dict[str, Any]] = {}
    for name, tensor in tensors.items():
        parameter, _, key = name.rpartition("/")
        state.setdefault(index_of[parameter], {})[key] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
