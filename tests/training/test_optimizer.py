from __future__ import annotations

import pytest
import torch
from torch import nn

from assay.models.scales import Optimizer
from assay.training.optimizer import make_optimizer

SETTINGS = Optimizer(learning_rate=0.1, end_learning_rate=0.0, warmup_steps=1, weight_decay=0.5, z_loss=0.0)


def test_two_steps_by_hand():
    layer = nn.Linear(1, 1, bias=False)
    weight = 2.0
    with torch.no_grad():
        layer.weight.fill_(weight)
    optimizer = make_optimizer(layer, SETTINGS)
    mean = square = 0.0
    for step, gradient in enumerate((0.3, -0.7), 1):
        layer.weight.grad = torch.tensor([[gradient]])
        optimizer.step()
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.95 * square + 0.05 * gradient**2
        scaled = (mean / (1 - 0.9**step)) / ((square / (1 - 0.95**step)) ** 0.5 + 1e-8)
        weight = weight * (1 - 0.1 * 0.5) - 0.1 * scaled
        assert layer.weight.item() == pytest.approx(weight, rel=1e-5)


def test_gains_and_embeddings_decay_too():
    model = nn.ModuleDict({"norm": nn.LayerNorm(2, bias=False), "embedding": nn.Embedding(3, 2)})
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    for weight in model.parameters():
        weight.grad = torch.zeros_like(weight)
    make_optimizer(model, SETTINGS).step()
    for name, weight in model.named_parameters():
        torch.testing.assert_close(weight.detach(), before[name] * 0.95)
