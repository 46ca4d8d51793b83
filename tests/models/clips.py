"""A very small CLIP, whose weights are all random."""

from __future__ import annotations

import torch

from assay.models.clip import Clip, new_clip
from assay.models.clip_shape import ClipShape, ImageShape, TextShape

SHAPE = ClipShape(
    embed_dim=24,
    image=ImageShape(width=32, layers=2, heads=2, image_size=32, patch_size=8),
    text=TextShape(width=40, layers=2, heads=4, hidden=96, context=16, vocab_size=128),
)


def random_clip(shape: ClipShape = SHAPE, seed: int = 0) -> Clip:
    """Norms and biases too, which begin as ones and zeros."""
    model, generator = new_clip(shape, seed), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn(weight.shape, generator=generator), alpha=0.1)
    return model


def random_pairs(count: int, shape: ClipShape = SHAPE, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Images, and texts that end with the largest id somewhere."""
    generator, size = torch.Generator().manual_seed(seed), shape.image.image_size
    images = torch.randn(count, 3, size, size, generator=generator)
    tokens = torch.randint(1, shape.text.vocab_size - 1, (count, shape.text.context), generator=generator)
    for row, end in enumerate(torch.randint(2, shape.text.context, (count,), generator=generator).tolist()):
        tokens[row, end], tokens[row, end + 1 :] = shape.text.vocab_size - 1, 0
    return images, tokens
