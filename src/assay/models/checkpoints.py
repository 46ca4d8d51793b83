"""Models in files: the model of a run, and the weights of others' checkpoints. Nothing here runs code from a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from assay.base.errors import InputError
from assay.base.files import atomic_write, open_bytes, write_bytes
from assay.models.language import LanguageModel
from assay.models.scales import LanguageShape, Scale, load_scale
from assay.records.record import read_record_of

MODEL_NAME = "model.safetensors"
SCALE_NAME = "scale.json"
_ROTARY_TABLE = "inv_freq"  # open_lm keeps a constant in its state
_WRAPPER = "module."  # left by torch's DistributedDataParallel


def write_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str] | None = None) -> None:
    """Write named tensors as safetensors, whole or not at all."""
    with atomic_write(path) as file:
        file.write(safetensors.torch.save({name: tensor.contiguous() for name, tensor in tensors.items()}, metadata))


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The named tensors of a safetensors file, on the CPU. InputError when it is not one."""
    try:
        with open_bytes(path):
            return safetensors.torch.load_file(path)
    except SafetensorError as error:
        raise InputError(f"not a safetensors file: {error}", where=path) from error


def save_run_model(folder: Path, model: LanguageModel, scale: Scale) -> None:
    """Write what ``load_model`` reads."""
    write_tensors(folder / MODEL_NAME, model.state_dict())
    write_bytes(folder / SCALE_NAME, (json.dumps(scale.resolved(), indent=1) + "\n").encode())


def load_model(run: str | Path) -> tuple[LanguageModel, Scale]:
    """The model of a run folder, on the CPU, and its scale. InputError when it is not a run or is damaged."""
    read_record_of(run, "run")
    scale = load_scale(Path(run) / SCALE_NAME)
    return load_with_scale(Path(run) / MODEL_NAME, scale), scale


def load_with_scale(path: str | Path, scale: Scale) -> LanguageModel:
    """A model of the scale's shape with the weights of a file: assay's own, or a checkpoint of open_lm.

    Safetensors, or torch's format as long as it holds tensors only. InputError when the file would run code, or when
    names or shapes are not those of the scale.
    """
    return filled_model(scale.model, read_weights(Path(path)), path)


def filled_model(shape: LanguageShape, weights: dict[str, Tensor], where: object) -> LanguageModel:
    """A model on the CPU with given weights; open_lm's rotary tables among them are left out."""
    with torch.device("meta"):
        model = LanguageModel(shape)
    model.to_empty(device="cpu")
    load_weights(model, {name: weight for name, weight in weights.items() if not name.endswith(_ROTARY_TABLE)}, where)
    return model


def load_weights(model: nn.Module, tensors: dict[str, Tensor], where: object) -> None:
    """Copy tensors into the model's weights of the same names. InputError that names what is missing or differs."""
    wanted = model.state_dict()
    problems = [f"{name} is missing" for name in wanted.keys() - tensors.keys()]
    problems += [f"{name} is not part of the model" for name in tensors.keys() - wanted.keys()]
    problems += [
        f"{name} has shape {tuple(tensors[name].shape)}, the model {tuple(wanted[name].shape)}"
        for name in wanted.keys() & tensors.keys()
        if tensors[name].shape != wanted[name].shape
    ]
    if problems:
        more = f" (and {len(problems) - 3} more)" if len(problems) > 3 else ""
        raise InputError(
            f"does not fit the model: {'; '.join(sorted(problems)[:3])}{more}",
            where=where,
            hint="give the scale that the weights were trained with",
        )
    model.load_state_dict(tensors)


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a file of weights (safetensors, or torch's format without code) under their plain names."""
    tensors = read_tensors(path) if path.suffix == ".safetensors" else _read_torch(path)
    return {name.removeprefix(_WRAPPER): tensor for name, tensor in tensors.items()}


def _read_torch(path: Path) -> dict[str, Tensor]:
    """The state dict in a file of ``torch.save``: the value itself, or under the key that open_lm uses."""
    with open_bytes(path) as file:
        try:
            value: Any = torch.load(file, map_location="cpu", weights_only=True)
        except Exception as error:  # a broken file makes the unpickler raise anything
            raise InputError(
                "refused: the file is not a checkpoint, or it holds more than tensors and could run code",
                where=path,
                hint="let whoever made it save the weights as safetensors",
            ) from error
    state = value.get("state_dict", value) if isinstance(value, dict) else None
    if not isinstance(state, dict) or not all(isinstance(tensor, Tensor) for tensor in state.values()):
        raise InputError("holds no state dict", where=path)
    return state
