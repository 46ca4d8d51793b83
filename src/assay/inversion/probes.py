"""Linear probes on frozen embeddings, and how near a student's embeddings are to the teacher's.

Two ways to fit a probe: ``fit_probe``, logistic regression to convergence with the regularisation that held-out images
prefer, and ``fit_paper_probe``, the protocol of the paper. Embeddings (N, D) come from an encoder in eval mode.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from assay.base.errors import InputError
from assay.inversion.objectives import similarities

# Strengths of the L2 penalty that are tried, on standardised embeddings.
_PENALTIES = tuple(10.0**power for power in range(-5, 1))
_HELD_OUT = 0.2
_STEPS = 200


@dataclass(frozen=True)
class Probe:
    """A linear classifier: logits are ``((embeddings - mean) / scale) @ weight.T + bias``."""

    weight: Tensor
    bias: Tensor
    mean: Tensor
    scale: Tensor

    def logits(self, embeddings: Tensor) -> Tensor:
        """(N, classes) of embeddings (N, D)."""
        return ((embeddings - self.mean) / self.scale) @ self.weight.T + self.bias

    def accuracy(self, embeddings: Tensor, labels: Tensor) -> float:
        """Share of the images whose largest logit is their label's."""
        return float((self.logits(embeddings).argmax(1) == labels).double().mean())


def labelled(labels: Tensor, fraction: float, seed: int = 0) -> Tensor:
    """Indices of a class-balanced subset: ⌈N·fraction / classes⌉ images of each class, drawn without replacement.

    Classes with fewer images give all they have. InputError unless 0 < fraction ≤ 1.
    """
    if not 0 < fraction <= 1:
        raise InputError(f"{fraction} is not a share of the labels", hint="give more than 0 and at most 1")
    classes = labels.unique()
    # The tiny amount keeps 0.1 · 1000 / 10 from being rounded up to 11.
    count = math.ceil(len(labels) * fraction / len(classes) - 1e-9)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed)).to(labels.device)
    shuffled = labels[order]
    return torch.cat([order[shuffled == each][:count] for each in classes]).sort().values


def fit_probe(embeddings: Tensor, labels: Tensor, penalty: float | None = None, seed: int = 0) -> Probe:
    """Logistic regression by L-BFGS on standardised embeddings, with ``penalty``/2 · ‖weight‖² added to the mean loss.

    Without a ``penalty``, that one of 1e-5…1 is taken which does best on a fifth of each class (at least one image)
    held out, and the probe is fitted again on all; classes with one image keep it for training. Labels (N,) are int64
    from 0. InputError when rows and labels do not match.
    """
    _check(embeddings, labels)
    if penalty is None:
        penalty = _best_penalty(embeddings, labels, seed)
    return _regress(embeddings, labels, penalty, int(labels.max()) + 1)


def _best_penalty(embeddings: Tensor, labels: Tensor, seed: int) -> float:
    held = _held_out(labels, seed)
    if not held.any():
        return _PENALTIES[len(_PENALTIES) // 2]
    classes = int(labels.max()) + 1

    def loss(penalty: float) -> float:
        probe = _regress(embeddings[~held], labels[~held], penalty, classes)
        return float(functional.cross_entropy(probe.logits(embeddings[held]), labels[held]))

    return min(_PENALTIES, key=loss)


def _held_out(labels: Tensor, seed: int) -> Tensor:
    """Which images, as bool (N,), stay out of training: a fifth of each class, and none of classes of one image."""
    held = torch.zeros_like(labels, dtype=torch.bool)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed)).to(labels.device)
    for each in labels.unique():
        own = order[labels[order] == each]
        if len(own) > 1:
            held[own[: max(1, int(len(own) * _HELD_OUT))]] = True
    return held


def _regress(embeddings: Tensor, labels: Tensor, penalty: float, classes: int) -> Probe:
    mean, scale = embeddings.mean(0), embeddings.std(0, correction=0)
    # A dimension that never changes says nothing, and must not be divided by zero.
    scale = torch.where(scale > 0, scale, torch.ones_like(scale))
    inputs = (embeddings - mean) / scale
    weight = inputs.new_zeros(classes, inputs.shape[1], requires_grad=True)
    bias = inputs.new_zeros(classes, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = functional.cross_entropy(inputs @ weight.T + bias, labels) + penalty / 2 * weight.square().sum()
        loss.backward()
        return loss

    with torch.enable_grad():
        optimizer.step(closure)
    return Probe(weight.detach(), bias.detach(), mean, scale)


def fit_paper_probe(embeddings: Tensor, labels: Tensor, batch: int = 512, epochs: int = 10, seed: int = 0) -> Probe:
    """The paper's probe: a linear layer on raw embeddings, Adam with 1e-3 and no decay, 10 epochs of batches of 512.

    The rate follows half a cosine of 247 epochs, so it is nearly constant. With 10 % of the labels or fewer the paper's
    batch is 32. Embeddings are given, so they are those of one corrupted copy, where the paper draws one an epoch.
    """
    _check(embeddings, labels)
    generator = torch.Generator().manual_seed(seed)
    dimensions, classes = embeddings.shape[1], int(labels.max()) + 1
    # torch.nn.Linear's own initialisation, from a generator of ours.
    bound = 1 / math.sqrt(dimensions)
    start = (torch.rand(classes, dimensions + 1, generator=generator) * 2 - 1) * bound
    layer = start.to(embeddings).requires_grad_()
    optimizer = torch.optim.Adam([layer], lr=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 247)
    with torch.enable_grad():
        for _ in range(epochs):
            for rows in torch.randperm(len(labels), generator=generator).to(labels.device).split(batch):
                optimizer.zero_grad()
                logits = embeddings[rows] @ layer[:, :-1].T + layer[:, -1]
                functional.cross_entropy(logits, labels[rows]).backward()
                optimizer.step()
            schedule.step()
    layer = layer.detach()
    zeros = embeddings.new_zeros(dimensions)
    return Probe(layer[:, :-1], layer[:, -1], zeros, zeros + 1)


def _check(embeddings: Tensor, labels: Tensor) -> None:
    if embeddings.ndim != 2 or labels.shape != embeddings.shape[:1] or not len(labels):
        raise InputError(
            f"embeddings {tuple(embeddings.shape)} and labels {tuple(labels.shape)} do not match",
            hint="embeddings are (images, dimensions), labels (images,), of at least one image",
        )


def retrieval_at_1(student: Tensor, teacher: Tensor) -> float:
    """Share of the images whose teacher embedding is, of all N, the nearest by cosine to their student embedding."""
    nearest = similarities(student, teacher).argmax(1)
    return float((nearest == torch.arange(len(nearest), device=nearest.device)).double().mean())


def mean_cosine(student: Tensor, teacher: Tensor) -> float:
    """Mean cosine of an image's student and teacher embeddings."""
    return float(functional.cosine_similarity(student, teacher, dim=1).mean())
