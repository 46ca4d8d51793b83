"""Training compute: 6·N·D, and the exact count of a decoder's matrix products.

6·N·D counts the input embedding, which is looked up, and leaves out attention, whose products are with the context; for
models of 1B parameters the two nearly cancel (Kaplan et al. 2020, section 2.1; Hoffmann et al. 2022, appendix F).
"""

from __future__ import annotations

from assay.base.units import Flops
from assay.models.scales import LanguageShape
from assay.scaling.forms import FLOPS_PER_PARAMETER_TOKEN

_PASSES = 3
"""A backward pass costs two forward ones."""


def approximate_flops(params: float, tokens: float) -> Flops:
    """6·N·D."""
    return Flops(FLOPS_PER_PARAMETER_TOKEN * params * tokens)


def training_flops(shape: LanguageShape, tokens: float, context: int) -> Flops:
    """The matrix products of forward and backward passes over ``tokens`` in sequences of ``context``.

    A multiplication and an addition are two. Causal attention sees (context + 1)/2 tokens on average; norms, rotations
    and softmax are left out.
    """
    layer = shape.layer_weights + 2 * shape.width * (context + 1) / 2
    forward = 2 * (shape.layers * layer + shape.width * shape.vocab_size)
    return Flops(_PASSES * forward * tokens)
