"""The objective of a language model: predict each next token."""

from __future__ import annotations

import math
import time

import torch
from torch import Tensor, nn

from assay.models.language import LanguageModel
from assay.models.scales import Scale
from assay.tokens.loader import Loader
from assay.training.device import autocast
from assay.training.loss import language_loss, summed_loss
from assay.training.parallel import accumulating, prepare
from assay.training.settings import RunSettings
from assay.training.validation import HeldOut
from assay.training.world import World


class LanguageLoss(nn.Module):
    """The loss of token ids as one module: what is sharded and compiled must be called as a whole."""

    def __init__(self, model: LanguageModel, z_loss: float):
        super().__init__()
        self.model = model
        self._z_loss = z_loss

    def forward(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Both (B, T) int64 → a scalar: in training the mean of the loss, in evaluation the sum of cross-entropy."""
        hidden, output = self.model.hidden(inputs), self.model.output.weight
        if self.training:
            return language_loss(hidden, output, targets, self._z_loss)
        return summed_loss(hidden, output, targets)


class LanguageObjective:
    """Gradients of batches, gathered over micro-batches; each process works on its own share of every batch."""

    def __init__(
        self,
        model: LanguageModel,
        loader: Loader,
        scale: Scale,
        world: World,
        settings: RunSettings | None = None,
        held_out: dict[str, HeldOut] | None = None,
    ):
        settings = settings or RunSettings()
        self.model = model
        self.data_seconds = 0.0
        self._loss = prepare(LanguageLoss(model, scale.optimizer.z_loss), model.layers, settings, world)
        self._loader, self._world, self._precision = loader, world, settings.precision
        self._micro_batch = scale.micro_batch_sequences or scale.batch_sequences
        self._held_out = held_out or {}

    def backward(self, step: int) -> Tensor:
        """Add the gradient of the batch's mean loss to the parameters'; the mean loss of this process's share."""
        batch = self._batch(step)
        total = torch.zeros((), device=self._world.device)
        parts = batch.split(self._micro_batch)
        self._loss.train()
        for number, part in enumerate(parts, 1):
            with accumulating(self._loss, last=number == len(parts)), autocast(self._world.device, self._precision):
                loss = self._loss(part[:, :-1], part[:, 1:]) * (len(part) / len(batch))
                loss.backward()
            total += loss.detach()
        return total

    def _batch(self, step: int) -> Tensor:
        started = time.monotonic()
        batch = torch.from_numpy(self._loader.batch(step)[self._world.share(self._loader.batch_sequences)])
        if self._world.device.type == "cuda":
            batch = batch.pin_memory().to(self._world.device, non_blocking=True)
        self.data_seconds += time.monotonic() - started
        return batch

    def validate(self) -> dict[str, float]:
        """Bits per byte by domain; every process reads its share of the sequences."""
        self._loss.eval()
        return {domain: self._bits_per_byte(texts) for domain, texts in self._held_out.items()}

    @torch.no_grad()
    def _bits_per_byte(self, texts: HeldOut) -> float:
        share = self._world.share(len(texts.inputs))
        inputs, targets, rows = texts.inputs[share], texts.targets[share], self._micro_batch
        # Every process must call the model equally often: where weights are sharded, they fetch them together.
        most = -(-len(texts.inputs) // self._world.size)
        nats = 0.0
        with autocast(self._world.device, self._precision):
            for first in range(0, most, rows):
                part = slice(first, first + rows)
                counted = first < len(inputs)
                batch = (inputs[part], targets[part]) if counted else (texts.inputs[:1], texts.targets[:1])
                loss = self._loss(*(tensor.to(self._world.device) for tensor in batch)).item()
                nats += loss if counted else 0.0
        return self._world.gather([nats]).sum().item() / math.log(2) / texts.bytes
