"""The language model of DCLM: open_lm's decoder, with its parameter names, so that its checkpoints load as they are.

Pre-norm, no biases, embedding and output not tied, logits in float32 (DCLM, appendix on training details; open_lm
``model.py``). Dropout and a norm after the embedding do not exist. The Llama form differs in its norms only.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from assay.models.attention import Attention, rotary_angles
from assay.models.blocks import Block, SwiGLU
from assay.models.cache import Cache
from assay.models.norms import GainNorm, RMSNorm
from assay.models.scales import LanguageShape


class LanguageModel(nn.Module):
    """Token ids to the logits of the next token."""

    branches = True
    """``hidden`` can read sequences that branch off one another in one row, by ``mask`` and ``positions``."""

    def __init__(self, shape: LanguageShape):
        super().__init__()
        self.shape = shape
        self.tok_embeddings = nn.Embedding(shape.vocab_size, shape.width)
        self.layers = nn.ModuleList(_block(shape) for _ in range(shape.layers))
        self.norm = _norm(shape)
        self.output = nn.Linear(shape.width, shape.vocab_size, bias=False)

    def hidden(
        self,
        tokens: Tensor,
        mask: Tensor | None = None,
        *,
        positions: Tensor | None = None,
        cache: Cache | None = None,
    ) -> Tensor:
        """What the output layer reads. (B, T) int64 → (B, T, D).

        ``mask`` says where positions may look, such as ``document_mask``; without it at all before them. The tokens
        come after those that ``cache`` holds, S in all, and are added to it; ``mask`` is then (B, 1, T, S).
        ``positions`` (B, T) is for tokens that do not simply follow one another.
        """
        if positions is None:
            before = 0 if cache is None else cache.length
            positions = torch.arange(before, before + tokens.shape[1], device=tokens.device)
        else:
            positions = positions[:, None]
        x = self.tok_embeddings(tokens)
        angles = rotary_angles(positions, self.shape.head_width, self.shape.rotary_base)
        for index, block in enumerate(self.layers):
            x = block(x, angles, mask, cache and cache.layers[index])
        return self.norm(x)

    def new_cache(self) -> Cache:
        """A cache for ``hidden``, without tokens."""
        return Cache(len(self.layers))

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, T) int64 → logits (B, T, V) float32."""
        return self.output(self.hidden(tokens)).float()

    @torch.no_grad()
    def initialise(self, seed: int) -> None:
        """Fill all weights as open_lm does: normal, cut at ±3σ, gains 1.

        σ is 1/√(inputs of the layer), and for the two matrices of layer l (from 0) that write to the residual stream
        it is divided by √(2(l + 1)). The weights depend on the seed alone, if the model is on the CPU.
        """
        generator = torch.Generator(self.output.weight.device).manual_seed(seed)
        width = self.shape.width
        _fill(self.tok_embeddings.weight, width**-0.5, generator)
        for index, block in enumerate(self.layers):
            depth = 1 / math.sqrt(2 * (index + 1))
            _fill(block.get_parameter("attention.in_proj.weight"), width**-0.5, generator)
            _fill(block.get_parameter("attention.out_proj.weight"), depth * width**-0.5, generator)
            _fill(block.get_parameter("feed_forward.w12.weight"), width**-0.5, generator)
            _fill(block.get_parameter("feed_forward.w3.weight"), depth * self.shape.hidden**-0.5, generator)
        _fill(self.output.weight, width**-0.5, generator)
        for module in self.modules():
            if isinstance(module, GainNorm):
                module.weight.fill_(1.0)


def new_language_model(shape: LanguageShape, seed: int) -> LanguageModel:
    """A model on the CPU with the initial weights of a seed; torch's global random state is left alone."""
    with torch.device("meta"):
        model = LanguageModel(shape)
    model.to_empty(device="cpu")
    model.initialise(seed)
    return model


def _block(shape: LanguageShape) -> Block:
    attention = Attention(
        shape.width, shape.heads, key_value_heads=shape.key_value_heads, qk_norm=shape.form == "open_lm"
    )
    return Block((_norm(shape), _norm(shape)), attention, SwiGLU(shape.width, shape.hidden))


def _norm(shape: LanguageShape) -> GainNorm:
    return GainNorm(shape.width) if shape.form == "open_lm" else RMSNorm(shape.width)


def _fill(weight: Tensor, deviation: float, generator: torch.Generator) -> None:
    nn.init.trunc_normal_(weight, 0.0, deviation, -3 * deviation, 3 * deviation, generator=generator)
