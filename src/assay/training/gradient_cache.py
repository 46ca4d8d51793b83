"""The gradient of a loss over a whole batch with the memory of a part of it (GradCache, Gao et al. 2021).

A loss that compares all pairs of a batch cannot be summed over micro-batches. So all parts first go through the model
without keeping anything but the features; the loss of them all gives the gradient of each feature; then each part goes
through again, and its features pass their gradients on. Loss and gradient are those of the batch as one, at the price
of a second forward pass; open_clip's ``--accum-freq`` does the same one part at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from assay.training.parallel import accumulating

Parts = Sequence[tuple[Tensor, Tensor]]
"""Images and token ids of each micro-batch."""
Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Of the features of images and of texts, and the scale."""


def backward_in_parts(model: nn.Module, parts: Parts, loss: Loss) -> Tensor:
    """Add the gradient of the loss of all parts together to the parameters'; the loss, detached.

    ``model`` gives features of images, features of texts, and a scale, as ``Clip`` does, and must give the same twice.
    """
    if len(parts) == 1:
        value = loss(*model(*parts[0]))
        value.backward()
        return value.detach()
    with torch.no_grad():
        outputs = [model(*part) for part in parts]
    images, texts = (torch.cat([output[side] for output in outputs]).requires_grad_() for side in (0, 1))
    scale = outputs[0][2].clone().requires_grad_()
    value = loss(images, texts, scale)
    wanted = torch.autograd.grad(value, (images, texts, scale))
    gradients = zip(*(side.split([len(part[0]) for part in parts]) for side in wanted[:2]), strict=True)
    for number, (part, (image, text)) in enumerate(zip(parts, gradients, strict=True), 1):
        last = number == len(parts)
        with accumulating(model, last=last):
            torch.autograd.backward(model(*part), (image, text, wanted[2] if last else torch.zeros_like(wanted[2])))
    return value.detach()
