from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from assay.models.attention import Attention
from assay.models.blocks import MLP, Block, SwiGLU, quick_gelu


@pytest.fixture
def x():
    return torch.randn(2, 5, 8, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("activation", [functional.gelu, quick_gelu])
@pytest.mark.parametrize("causal", [True, False])
@torch.no_grad()
def test_a_tower_of_clip_is_made_of_the_same_block(x, activation, causal):
    """Against the formula, with torch's own attention, as open_clip has it."""
    norms = torch.nn.LayerNorm(8), torch.nn.LayerNorm(8)
    attention = Attention(8, 2, bias=True, causal=causal)
    block = Block(norms, attention, MLP(8, 32, activation))
    theirs = torch.nn.MultiheadAttention(8, 2, batch_first=True)
    theirs.load_state_dict({name.replace("in_proj.", "in_proj_"): w for name, w in attention.state_dict().items()})
    hidden = functional.layer_norm(x, (8,))
    mask = torch.full((5, 5), -torch.inf).triu(1) if causal else None
    middle = x + theirs(hidden, hidden, hidden, attn_mask=mask, need_weights=False)[0]
    mlp = block.feed_forward
    wanted = middle + mlp.c_proj(activation(mlp.c_fc(functional.layer_norm(middle, (8,)))))
    torch.testing.assert_close(block(x), wanted)


@torch.no_grad()
def test_quick_gelu_is_close_to_gelu():
    x = torch.linspace(-5, 5, 101)
    torch.testing.assert_close(quick_gelu(x), functional.gelu(x), atol=0.021, rtol=0)
    assert quick_gelu(torch.tensor(1.0)).item() == pytest.approx(0.8457957, abs=1e-6)  # σ(1.702)


@torch.no_grad()
def test_swiglu_gates_with_the_first_half(x):
    layer = SwiGLU(8, 16)
    gate, value = layer.w12.weight.chunk(2)
    torch.testing.assert_close(layer(x), layer.w3(functional.silu(x @ gate.T) * (x @ value.T)))
