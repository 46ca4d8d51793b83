"""Training compute as laws reckon it, 6·N·D. What a decoder's matrix products cost exactly is in ``models/flops.py``.

6·N·D counts the input embedding, which is looked up, and leaves out attention, whose products are with the context; for
models of 1B parameters the two nearly cancel (Kaplan et al. 2020, section 2.1; Hoffmann et al. 2022, appendix F).
"""

from __future__ import annotations

from assay.base.units import Flops
from assay.scaling.forms import FLOPS_PER_PARAMETER_TOKEN


def approximate_flops(params: float, tokens: float) -> Flops:
    """6·N·D."""
    return Flops(FLOPS_PER_PARAMETER_TOKEN * params * tokens)
