"""Baselines that learn from labels: the encoder with a linear layer on it, all trained on the corrupted images.

End to end is cross-entropy. Distillation adds what a clean teacher (the encoder and a probe on clean images) says:
αT² KL(softmax(t/T)‖softmax(s/T)) + (1 - α) CE with T = 4 and α = 0.9, as in the paper's code.
"""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.inversion.encoders import ImageEncoder
from assay.inversion.images import Images
from assay.inversion.invert import fit_images
from assay.inversion.student import ImageObjective, StudentSettings
from assay.training.device import best_device

_TEMPERATURE, _ALPHA = 4.0, 0.9


class Classifier(ImageEncoder):
    """An encoder whose embeddings are logits (B, K)."""

    def __init__(self, encoder: ImageEncoder, classes: int, seed: int):
        body = copy.deepcopy(encoder.body)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            head = nn.LazyLinear(classes)
            super().__init__(nn.Sequential(body, head), encoder.size, [0.0], [1.0])
            self.mean, self.std = encoder.mean.cpu(), encoder.std.cpu()
            with torch.no_grad():  # the layer learns its width from a first image
                self.eval()(torch.zeros(1, len(self.mean), self.size, self.size))


class _Supervised(ImageObjective):
    def __init__(self, model: Classifier, images: Images, settings: StudentSettings, soft: Tensor | None):
        super().__init__(images, settings, best_device())
        self._model = model.to(self.device)
        self._labels, self._soft = images.need_labels().to(self.device), soft

    @property
    def model(self) -> Classifier:
        return self._model

    def loss(self, views: Tensor, rows: Tensor, mirrored: Tensor) -> Tensor:
        logits = self.model(views)
        hard = functional.cross_entropy(logits, self._labels[rows])
        if self._soft is None:
            return hard
        wanted = (self._soft[rows] / _TEMPERATURE).log_softmax(1)
        found = (logits / _TEMPERATURE).log_softmax(1)
        soft = functional.kl_div(found, wanted, reduction="batchmean", log_target=True)
        return _ALPHA * _TEMPERATURE**2 * soft + (1 - _ALPHA) * hard


def supervised(
    encoder: ImageEncoder, images: Images, settings: StudentSettings, soft: Tensor | None = None
) -> Classifier:
    """The encoder and a new linear layer, trained on labelled images as ``settings`` say (their objective is not used).

    ``soft`` (N, K) are the clean teacher's logits of the images: with them, knowledge distillation.
    """
    model = Classifier(encoder, len(images.classes), settings.seed)
    objective = _Supervised(model, images, settings, soft)
    with tempfile.TemporaryDirectory() as folder:
        fit_images(objective, encoder, Path(folder), "supervised" if soft is None else "distillation")
    model.eval()
    return model
