"""How a run is carried out. What it learns is fixed by the scale; here only rounding may differ. Imports no torch."""

from __future__ import annotations

from typing import Literal

from pydantic import NonNegativeFloat, PositiveInt

from assay.base.settings import Settings

Tracker = Literal["tensorboard", "wandb", "trackio"]


class RunSettings(Settings):
    """Settings of the machine's side of a run; the defaults suit a single device."""

    precision: Literal["float32", "bfloat16"] | None = None
    """Of matrix products; by default bfloat16 on a GPU, as DCLM, float32 on a CPU. Weights are float32 in any case."""
    compile: bool | None = None
    """Compile the layers (torch.compile); by default on a GPU. Takes a minute or so before the first step."""
    activation_checkpointing: bool = False
    """Keep only the input of each layer and compute the rest again: a third more work, a fraction of the memory."""
    sharding: Literal["ddp", "fsdp"] = "ddp"
    """With several processes: each holds the whole model, or a share of weights, gradients and optimiser (FSDP2)."""
    checkpoint_seconds: NonNegativeFloat = 300.0
    """Time between two checkpoints."""
    validation: dict[str, str | list[str]] = {}
    """Domain → JSON lines of held-out texts; their bits per byte go to the metrics."""
    validation_steps: PositiveInt | None = None
    """Steps between two validations; by default a tenth of the run. The last step is always followed by one."""
    track: list[Tracker] = []
    """Where metrics are mirrored to, beside ``metrics.jsonl``."""
