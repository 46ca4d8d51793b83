"""The matrix products of training a decoder, counted. This module imports no torch."""

from __future__ import annotations

from assay.base.units import Flops
from assay.models.scales import LanguageShape

_PASSES = 3
"""A backward pass costs two forward ones."""


def training_flops(shape: LanguageShape, tokens: float, context: int) -> Flops:
    """The matrix products of forward and backward passes over ``tokens`` in sequences of ``context``.

    A multiplication and an addition are two. Causal attention sees (context + 1)/2 tokens on average; norms, rotations
    and softmax are left out.
    """
    layer = shape.layer_weights + 2 * shape.width * (context + 1) / 2
    forward = 2 * (shape.layers * layer + shape.width * shape.vocab_size)
    return Flops(_PASSES * forward * tokens)
