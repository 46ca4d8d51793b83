"""The optimiser of DCLM (open_lm ``main.py``)."""

from __future__ import annotations

import torch
from torch import nn

from assay.models.scales import Optimizer


def make_optimizer(model: nn.Module, settings: Optimizer) -> torch.optim.AdamW:
    """AdamW with decoupled decay on all parameters, norms and embeddings too, in the order of their names.

    The fused kernel does in one pass over the memory what the plain one does in several.
    """
    parameters = list(model.parameters())
    return torch.optim.AdamW(
        parameters,
        lr=settings.learning_rate,
        betas=(settings.beta1, settings.beta2),
        eps=settings.epsilon,
        weight_decay=settings.weight_decay,
        fused=all(parameter.device.type in ("cpu", "cuda") for parameter in parameters),
    )
