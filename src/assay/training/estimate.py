"""What a run will take, before it runs: compute, memory of a device by part, time and cost. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import Field

from assay.base.errors import InputError
from assay.base.settings import Settings, read_yaml, validate
from assay.base.units import Bytes, Flops
from assay.catalog import catalog_path
from assay.models.flops import training_flops
from assay.models.scales import LanguageShape, Scale
from assay.training.settings import RunSettings

_FLOAT32, _BFLOAT16 = 4, 2
_ADAM_MOMENTS = 2
_LOGITS_AT_ONCE = 2**27
"""Of ``loss.py`` on a GPU: rows of logits as they are made, in float32, and their softmax."""
_GATHERED_LAYERS = 2
"""FSDP2 fetches the weights of a layer while another computes."""


class EstimateSettings(Settings):
    """What is assumed about speed and price."""

    mfu: float = Field(default=0.4, gt=0, le=1)
    """Share of the device's rate that the run reaches. DCLM's 7B-1x: 3,700 H100 hours (Table 1), 43 % by 6ND."""
    price_per_hour: float | None = Field(default=None, ge=0)
    """US dollars for a device; by default the catalog's."""


class Device(Settings):
    """A GPU of ``catalog/devices.yaml``."""

    memory: Bytes
    flops: float = Field(gt=0)
    price_per_hour: float | None = None
    source: str


@dataclass(frozen=True)
class Estimate:
    """A run on a number of equal devices."""

    scale: Scale
    devices: int
    flops: Flops
    """Of the matrix products, exactly; activation checkpointing's second forward pass is not counted (MFU)."""
    memory: dict[str, Bytes]
    """Of one device, by part."""
    mfu: float
    options: list[dict[str, Any]]
    """For each GPU of the catalog: ``device``, ``fits``, ``hours``, ``device_hours``, ``cost`` (or None)."""

    @property
    def total_memory(self) -> Bytes:
        """Of one device."""
        return Bytes(sum(self.memory.values()))

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        shape = self.scale.model
        return {
            "scale": self.scale.name,
            "parameters": int(shape.parameters),
            "parameters_without_vocabulary": int(shape.body_parameters),
            "tokens": int(self.scale.trained_tokens),
            "steps": self.scale.steps,
            "flops_6nd": float(self.scale.flops),
            "flops": float(self.flops),
            "devices": self.devices,
            "memory_per_device": {part: int(size) for part, size in self.memory.items()},
            "memory_per_device_total": int(self.total_memory),
            "mfu": self.mfu,
            "options": self.options,
        }


def estimate(scale: Scale, devices: int, settings: RunSettings, assumed: EstimateSettings) -> Estimate:
    """Reckon a run. InputError when the devices do not share the batch evenly."""
    if scale.batch_sequences % devices:
        raise InputError(
            f"{devices} devices do not share a batch of {scale.batch_sequences} sequences", where=scale.name
        )
    flops = training_flops(scale.model, scale.trained_tokens, scale.sequence_length)
    memory = memory_per_device(scale, devices, settings)
    options = [_option(name, device, flops, memory, devices, assumed) for name, device in load_devices().items()]
    return Estimate(scale, devices, flops, memory, assumed.mfu, options)


def load_devices() -> dict[str, Device]:
    """The GPUs of the catalog by name."""
    path = catalog_path("devices.yaml")
    return {name: validate(Device, value, f"{path}: {name}") for name, value in read_yaml(path).items()}


def memory_per_device(scale: Scale, devices: int, settings: RunSettings) -> dict[str, Bytes]:
    """Bytes of what is held at the end of a forward pass. The CUDA context and fragmentation come on top."""
    shape = scale.model
    shards = devices if settings.sharding == "fsdp" else 1
    share = Bytes(_FLOAT32 * shape.parameters // shards)
    number = _FLOAT32 if settings.precision == "float32" else _BFLOAT16
    rows = min(scale.micro_batch_sequences or scale.batch_sequences, scale.batch_sequences // devices)
    tokens = rows * scale.sequence_length
    held = activation_numbers(shape)
    if settings.activation_checkpointing:
        activations = tokens * (_FLOAT32 * shape.width * shape.layers + number * held)
    else:
        activations = tokens * number * held * shape.layers
    logits = min(_LOGITS_AT_ONCE, tokens * shape.vocab_size)
    return {
        "weights": share,
        "working copies of weights": Bytes(_working_copies(shape, number, shards)),
        "gradients": share,
        "optimizer": Bytes(_ADAM_MOMENTS * share),
        "activations": Bytes(activations + tokens * shape.width * (_FLOAT32 + 2 * number)),
        "logits": Bytes(logits * (number + 2 * _FLOAT32)),
    }


def activation_numbers(shape: LanguageShape) -> int:
    """Numbers that a layer keeps for its gradient, for each token: 8d + 3k + 4H (k the width of the keys).

    Both norms' inputs and outputs, 4d; the products of ``in_proj``, d + 2k; queries and keys, rotated, d + k; what
    attention gives, by heads and side by side, 2d; gate and value, the gate's silu, and their product, 4H.
    """
    return 8 * shape.width + 3 * shape.key_width + 4 * shape.hidden


def _working_copies(shape: LanguageShape, number: int, shards: int) -> int:
    """Bytes of weights in the arithmetic's type, or fetched from other devices."""
    low = number if number != _FLOAT32 else 0
    vocabulary = 2 * shape.vocab_size * shape.width
    if shards == 1:
        return low * (shape.layers * shape.layer_weights + vocabulary // 2)
    return _GATHERED_LAYERS * number * shape.layer_weights + (_FLOAT32 + low // 2) * vocabulary


def _option(
    name: str, device: Device, flops: Flops, memory: dict[str, Bytes], devices: int, assumed: EstimateSettings
) -> dict[str, Any]:
    device_hours = flops / (device.flops * assumed.mfu) / 3600
    price = device.price_per_hour if assumed.price_per_hour is None else assumed.price_per_hour
    return {
        "device": name,
        "fits": sum(memory.values()) <= device.memory,
        "hours": device_hours / devices,
        "device_hours": device_hours,
        "cost": None if price is None else device_hours * price,
    }
