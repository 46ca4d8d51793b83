from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from assay.models.flops import training_flops
from assay.models.language import new_language_model
from assay.models.scales import LanguageShape, load_scale
from assay.scaling.flops import approximate_flops


def test_it_counts_what_torch_counts():
    """But for attention, of which torch counts the whole square."""
    shape = LanguageShape(width=64, layers=3, heads=2, vocab_size=200)
    model, context = new_language_model(shape, 0), 16
    with FlopCounterMode(display=False) as counter:
        hidden = model.hidden(torch.zeros((1, context), dtype=torch.long))
        (hidden @ model.output.weight.T).sum().backward()
    attention = sum(count for name, count in counter.get_flop_counts()["Global"].items() if "attention" in str(name))
    ours = training_flops(shape, context, context)
    own_attention = 3 * 2 * shape.layers * shape.width * (context + 1) * context
    assert float(ours) - own_attention == counter.get_total_flops() - attention


def test_beside_six_n_d():
    scale = load_scale("dclm-1b-1x")
    exact = training_flops(scale.model, scale.trained_tokens, scale.sequence_length)
    assert float(exact) == pytest.approx(
        float(approximate_flops(scale.model.parameters, scale.trained_tokens)), rel=0.1
    )
    long = training_flops(scale.model, scale.trained_tokens, 16 * scale.sequence_length)
    assert long > 1.3 * exact
