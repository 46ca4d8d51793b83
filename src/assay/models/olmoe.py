"""The open_lm form as a native architecture of transformers and vLLM: OLMoE with a single expert.

Nothing else there has open_lm's QK-norm over all heads before pre-norm attention (OLMoE, Muennighoff et al. 2024). Two
things differ, and neither changes the network:

- OLMoE norms without centring. Whatever writes to the residual stream is centred beforehand instead, and so are queries
  and keys: LayerNorm(x) = RMSNorm(x - mean x), and a norm that centres does not see the mean (SliceGPT, Ashkboos et al.
  2024, section 3.1).
- Its feed-forward layer is chosen by a router. Between one expert and none other the choice has the weight 1.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from assay.models.llama import llama_config, to_llama
from assay.models.scales import LanguageShape

_EXPERT = "mlp.experts.0."


def olmoe_config(shape: LanguageShape, context: int) -> dict[str, Any]:
    """The ``config.json`` of transformers for a shape of the open_lm form."""
    config = llama_config(shape, context)
    del config["mlp_bias"]
    return config | {
        "architectures": ["OlmoeForCausalLM"],
        "model_type": "olmoe",
        "num_experts": 1,
        "num_experts_per_tok": 1,
        "norm_topk_prob": False,
        "clip_qkv": None,
    }


def to_olmoe(weights: dict[str, Tensor], shape: LanguageShape) -> dict[str, Tensor]:
    """The weights of a ``LanguageModel`` of the open_lm form as those of an OLMoE."""
    renamed = {name.replace("mlp.", _EXPERT): weight for name, weight in to_llama(weights, shape).items()}
    renamed["model.embed_tokens.weight"] = _centred(renamed["model.embed_tokens.weight"], dim=1)
    for index in range(shape.layers):
        layer = f"model.layers.{index}."
        writers = (f"{_EXPERT}down_proj", "self_attn.o_proj", "self_attn.q_proj", "self_attn.k_proj")
        renamed |= {f"{layer}{name}.weight": _centred(renamed[f"{layer}{name}.weight"], dim=0) for name in writers}
        for norm in ("q_norm", "k_norm"):
            renamed[f"{layer}self_attn.{norm}.weight"] = weights[f"layers.{index}.attention.{norm}.weight"]
        renamed[layer + "mlp.gate.weight"] = torch.zeros(1, shape.width)
    return renamed


def _centred(weight: Tensor, dim: int) -> Tensor:
    """A matrix whose products (or rows) have the mean 0."""
    exact = weight.double()
    return (exact - exact.mean(dim, keepdim=True)).to(weight.dtype)
