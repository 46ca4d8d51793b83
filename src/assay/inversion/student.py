"""The student S: trained so that S(A(x)) ≈ R(x), on the training room's loop.

The teacher R is always in eval mode (the paper's code let its BatchNorm drift). Its embeddings of the images and of
their mirror images are computed once. Clean images are part of the mixture. Every step depends on the weights and its
number alone, so that a run can stop and go on.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod

import torch
from pydantic import Field, PositiveInt
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from assay.base.progress import progress
from assay.base.settings import Settings
from assay.inversion.compose import with_clean
from assay.inversion.draws import LEVEL, Draws
from assay.inversion.encoders import ImageEncoder
from assay.inversion.images import Images
from assay.inversion.notation import parse_operator
from assay.inversion.objectives import DEFAULT, objective
from assay.inversion.operators import Operator
from assay.models.scales import Optimizer

_AT_ONCE = 256
"""Images that an encoder gets together."""
_MIRROR = 255
"""The operator number of mirroring."""


class StudentSettings(Settings):
    """How a student is trained; the defaults are for small encoders."""

    operator: str
    objective: dict[str, float] = DEFAULT
    clean: float = Field(default=0.25, ge=0, lt=1)
    """Share of the images that stay clean."""
    epochs: float = Field(default=3, gt=0)
    batch: PositiveInt = 256
    learning_rate: float = Field(default=1e-3, gt=0)
    """Large pretrained towers want about 3e-4."""
    weight_decay: float = Field(default=1e-4, ge=0)
    warmup: float = Field(default=0.1, ge=0, lt=1)
    """Share of the steps; then half a cosine down to 0."""
    mirror: bool = True
    """Half of the images are mirrored, clean and corrupted copy alike."""
    ema: float | None = Field(default=None, gt=0, lt=1)
    """Keep the running mean of the weights, with this decay, such as 0.999."""
    seed: int = 0

    def steps(self, images: int) -> int:
        """Steps in all; the last images of an epoch that do not fill a batch wait for the next."""
        return max(1, round(self.epochs * max(1, images // self.batch)))

    def optimizer(self, steps: int) -> Optimizer:
        """AdamW and its schedule."""
        values = {
            "learning_rate": self.learning_rate,
            "end_learning_rate": 0,
            "warmup_steps": int(self.warmup * steps),
            "weight_decay": self.weight_decay,
            "beta2": 0.999,
            "z_loss": 0,
        }
        return Optimizer.model_validate(values)


class Student(nn.Module):
    """The encoder that learns and, with a ``decay``, the running mean of its weights as buffers beside it."""

    def __init__(self, encoder: ImageEncoder, decay: float | None = None):
        super().__init__()
        self.encoder, self._decay = encoder, decay
        for name, weight in encoder.body.named_parameters() if decay else ():
            self.register_buffer(_buffer(name), weight.detach().clone())

    @torch.no_grad()
    def average(self) -> None:
        """Take the present weights into the mean."""
        if self._decay:
            for name, weight in self.encoder.body.named_parameters():
                self.get_buffer(_buffer(name)).lerp_(weight, 1 - self._decay)

    @torch.no_grad()
    def finished(self) -> ImageEncoder:
        """The encoder in eval mode, with the mean weights if there are any."""
        if self._decay:
            self.average()
            for name, weight in self.encoder.body.named_parameters():
                weight.copy_(self.get_buffer(_buffer(name)))
        return self.encoder.eval()


def _buffer(name: str) -> str:
    return "mean_of_" + name.replace(".", "_")


class ImageObjective(ABC):
    """What the loop trains on images that an operator changed: ``loss`` says what of."""

    def __init__(self, images: Images, settings: StudentSettings, device: torch.device):
        self.settings, self.images, self.device = settings, images, device
        self._per_epoch = max(1, len(images) // settings.batch)
        self._operator = with_clean(parse_operator(settings.operator), settings.clean)

    @property
    @abstractmethod
    def model(self) -> nn.Module:
        """Its parameters are trained."""

    @abstractmethod
    def loss(self, views: Tensor, rows: Tensor, mirrored: Tensor) -> Tensor:
        """A scalar, of corrupted views (B, C, S, S) of the images ``rows``, some ``mirrored`` (bool)."""

    @property
    def data_seconds(self) -> float:
        """0: the images are in memory."""
        return 0.0

    def validate(self) -> dict[str, float]:
        """Nothing is held out: probes judge a student."""
        return {}

    def backward(self, step: int) -> Tensor:
        """Add the gradient of a step's loss to the model's."""
        rows, draws = self._rows(step)
        views = self.images.batch(rows).to(self.device)
        mirrored = draws.uniform(_MIRROR, 1, LEVEL)[:, 0] < (0.5 if self.settings.mirror else 0.0)
        views = torch.where(mirrored[:, None, None, None], views.flip(3), views)
        self.model.train()
        loss = self.loss(self._operator(views, draws), rows, mirrored)
        loss.backward()
        return loss.detach()

    def _rows(self, step: int) -> tuple[Tensor, Draws]:
        """The images of a step, and their random numbers in this epoch."""
        epoch, batch = divmod(step, self._per_epoch)
        generator = torch.Generator().manual_seed(self.settings.seed * 1_000_003 + epoch)
        order = torch.randperm(len(self.images), generator=generator)
        rows = order[batch * self.settings.batch :][: self.settings.batch].to(self.device)
        return rows, Draws.of(rows, self.settings.seed, epoch)


class InversionObjective(ImageObjective):
    """A student of ``teacher``, from its weights, on clean images without labels."""

    def __init__(self, teacher: ImageEncoder, images: Images, settings: StudentSettings, device: torch.device):
        super().__init__(images, settings, device)
        self._student = Student(copy.deepcopy(teacher).to(device), settings.ema)
        self._distance = objective(settings.objective)
        self._wanted = embed(teacher.to(device), images)
        self._wanted_mirrored = embed(teacher, images, mirror=True) if settings.mirror else self._wanted

    @property
    def model(self) -> Student:
        """The student."""
        return self._student

    def backward(self, step: int) -> Tensor:
        """Add the gradient of a step's loss to the student's; the mean takes in the weights before it."""
        if step:
            self.model.average()
        return super().backward(step)

    def loss(self, views: Tensor, rows: Tensor, mirrored: Tensor) -> Tensor:
        """How far the student's embeddings are from the teacher's of the clean views."""
        wanted = torch.where(mirrored[:, None], self._wanted_mirrored[rows], self._wanted[rows])
        return self._distance(self.model.encoder(views), wanted)


@torch.no_grad()
def embed(
    encoder: ImageEncoder,
    images: Images,
    operator: str | Operator = "clean",
    *,
    seed: int = 0,
    draw: int = 0,
    mirror: bool = False,
) -> Tensor:
    """float32 (N, E): the encoder's embeddings, in eval mode, of the images after an operator; on its device."""
    encoder.eval()
    device = encoder.mean.device
    corrupt = parse_operator(operator) if isinstance(operator, str) else operator
    out = []
    with progress("embedding", len(images), "images") as bar:
        for rows in torch.arange(len(images)).split(_AT_ONCE):
            views = images.batch(rows).to(device)
            views = views.flip(3) if mirror else views
            out.append(encoder(corrupt(views, Draws.of(rows.to(device), seed, draw))).float())
            bar.advance(len(rows))
    return torch.cat(out)


def training_flops(encoder: ImageEncoder, images: Images) -> float:
    """Floating-point operations of a training step for one image: three times those of the forward pass."""
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        encoder(images.batch(torch.arange(1)).to(encoder.mean.device))
    return 3.0 * counter.get_total_flops()
