"""A small convolutional encoder with a vector for each class, which stands in for a text tower.

It learns in a minute or two on a CPU what a CLIP learns of its captions: images near the vector of their class. So the
whole experiment can be made where there is no pretrained CLIP.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.inversion.images import Images

_WIDTHS = (32, 64, 128)
_DIMENSIONS = 128
_SCALE = 10.0
"""Of the cosines, in the loss: the temperature 0.1 of the paper's objective."""
_RATE, _BATCH = 2e-3, 256


class SmallEncoder(nn.Module):
    """(B, C, S, S) → (B, 128), and ``classes`` (K, 128). About 0.16 million parameters."""

    classes: Tensor

    def __init__(self, channels: int = 1, classes: int = 10):
        super().__init__()
        first, second, third = _WIDTHS
        self.features = nn.Sequential(
            *_layer(channels, first, 5, 2),
            *_layer(first, second, 3, 2),
            *_layer(second, third, 3, 1),
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
            nn.Linear(4 * third, _DIMENSIONS),
        )
        self.register_buffer("classes", torch.zeros(classes, _DIMENSIONS))

    def forward(self, images: Tensor) -> Tensor:
        """Not normalised to length 1."""
        return self.features(images)


def _layer(inputs: int, outputs: int, size: int, stride: int) -> list[nn.Module]:
    conv = nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)
    return [conv, nn.BatchNorm2d(outputs), nn.ReLU()]


def train_small(images: Images, epochs: int = 5, seed: int = 0) -> SmallEncoder:
    """An encoder of labelled images: AdamW, half a cosine, mirrored at random. Sets torch's seed."""
    torch.manual_seed(seed)
    labels = images.need_labels()
    model = SmallEncoder(images.channels, len(images.classes))
    classes = nn.Parameter(torch.randn_like(model.classes))
    steps = epochs * -(-len(images) // _BATCH)
    optimizer = torch.optim.AdamW([*model.parameters(), classes], lr=_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=steps, pct_start=0.1)
    for _ in range(epochs):
        for rows in torch.randperm(len(images)).split(_BATCH):
            views = images.batch(rows)
            mirrored = torch.rand(len(rows)) < 0.5
            views[mirrored] = views[mirrored].flip(3)
            loss = functional.cross_entropy(cosine_logits(model((views - 0.5) / 0.5), classes), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    model.classes.copy_(classes.detach())
    return model.eval()


def cosine_logits(embeddings: Tensor, classes: Tensor) -> Tensor:
    """(B, K): ten times the cosines."""
    return _SCALE * functional.normalize(embeddings, dim=1) @ functional.normalize(classes, dim=1).mT
