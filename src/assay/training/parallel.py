"""A model made ready for its device, and for several: activation checkpointing, compilation, DDP or FSDP2."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import cast

import torch
from torch import Tensor, nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.nn.parallel import DistributedDataParallel
from torch.utils.checkpoint import checkpoint

from assay.training.device import autocast
from assay.training.settings import RunSettings
from assay.training.world import World


def prepare(objective: nn.Module, layers: nn.ModuleList, settings: RunSettings, world: World) -> nn.Module:
    """The module to call for the loss, on the world's device; the objective's parameters keep their names.

    ``layers`` are the repeated parts of the model. They are compiled and sharded one by one: one compilation serves
    all of them, and the weights of the next layer are fetched while one computes.
    """
    for layer in layers:
        if world.device.type == "cuda" if settings.compile is None else settings.compile:
            layer.forward = torch.compile(layer.forward, fullgraph=True)
        if settings.activation_checkpointing:  # around the compiled part: the compiler does not look into it
            layer.forward = partial(checkpoint, layer.forward, use_reentrant=False, preserve_rng_state=False)
    if world.size > 1 and settings.sharding == "fsdp":
        return _shard(objective, layers, settings, world)
    objective.to(world.device)
    return objective if world.size == 1 else DistributedDataParallel(objective, gradient_as_bucket_view=True)


def _shard(objective: nn.Module, layers: nn.ModuleList, settings: RunSettings, world: World) -> nn.Module:
    """FSDP2. Where matrix products are in bfloat16 the layers' weights travel so, and their gradients in float32."""
    mesh = init_device_mesh(world.device.type, (world.size,))
    with autocast(world.device, settings.precision):
        low = torch.is_autocast_enabled(world.device.type)
    policy = MixedPrecisionPolicy(
        torch.bfloat16 if low else None, reduce_dtype=torch.float32, cast_forward_inputs=False
    )
    for layer in layers:
        fully_shard(layer, mesh=mesh, mp_policy=policy)
    fully_shard(objective, mesh=mesh)
    return objective


def accumulating(module: nn.Module, last: bool) -> AbstractContextManager:
    """Around forward and backward of a micro-batch: only the last of a step sends gradients to the other processes."""
    if isinstance(module, FSDPModule):
        module.set_requires_gradient_sync(last)
    if isinstance(module, DistributedDataParallel) and not last:
        return module.no_sync()
    return nullcontext()


def whole_weights(model: nn.Module) -> dict[str, Tensor]:
    """The weights by name on the CPU, put together again where they are sharded; empty on all processes but the first.

    To be called by all of them.
    """
    return cast(
        dict[str, Tensor],
        get_model_state_dict(model, options=StateDictOptions(full_state_dict=True, cpu_offload=True)),
    )
