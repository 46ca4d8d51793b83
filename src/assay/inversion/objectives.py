"""Objectives: how far the student's embeddings S(A(x)) are from the teacher's R(x).

Each is a function of the student's and the teacher's embeddings (N, D), row i of both from image i, and gives a scalar:
the mean over the images unless said otherwise. Hats mean L2-normalised rows; τ is the temperature, 0.1 in the paper.
The teacher's embeddings should carry no gradient, and come from a teacher in eval mode.

The paper is Ravula, Smyrnis, Jordan and Dimakis (NeurIPS 2021); its code's names are given where they differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn import functional

from assay.base.errors import InputError, unknown_name

TEMPERATURE = 0.1
# SigLIP (Zhai et al. 2023, section 3.2) starts at exp(log 10) and -10.
SIGLIP_SCALE, SIGLIP_BIAS = 10.0, -10.0


def similarities(student: Tensor, other: Tensor) -> Tensor:
    """Cosines (N, M) of the rows of two matrices."""
    return functional.normalize(student, dim=1) @ functional.normalize(other, dim=1).mT


def _own(student: Tensor) -> Tensor:
    return torch.arange(len(student), device=student.device)


def infonce(student: Tensor, teacher: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """One-sided InfoNCE, the paper's objective (``simclr_st``): -ŝᵢ·t̂ᵢ/τ + log Σⱼ exp(ŝᵢ·t̂ⱼ/τ), j = i included."""
    return functional.cross_entropy(similarities(student, teacher) / temperature, _own(student))


def infonce_students(student: Tensor, teacher: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """Negatives are the other students (``simclr_ss``): -ŝᵢ·t̂ᵢ/τ + log Σ_{j≠i} exp(ŝᵢ·ŝⱼ/τ); may be negative."""
    positive = functional.cosine_similarity(student, teacher, dim=1) / temperature
    return (_to_others(student, temperature).logsumexp(1) - positive).mean()


def infonce_both(student: Tensor, teacher: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """Negatives are other students and teachers (``simclr_both``): the sum of both denominators, 2N - 1 terms."""
    against = similarities(student, teacher) / temperature
    every = torch.cat((against, _to_others(student, temperature)), 1)
    return functional.cross_entropy(every, _own(student))


def _to_others(embeddings: Tensor, temperature: float) -> Tensor:
    """Cosines over τ of the rows with one another; -inf with themselves."""
    logits = similarities(embeddings, embeddings) / temperature
    return logits.masked_fill(torch.eye(len(logits), dtype=torch.bool, device=logits.device), -torch.inf)


def nt_xent(student: Tensor, teacher: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """NT-Xent of SimCLR (``simclr``): all 2N embeddings are anchors, each against the 2N - 1 others."""
    logits = _to_others(torch.cat((student, teacher)), temperature)
    return functional.cross_entropy(logits, _own(logits).roll(len(student)))


def symmetric(student: Tensor, teacher: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """CLIP's loss: InfoNCE of rows and of columns, averaged. (The paper's code divides it by N once more.)"""
    logits = similarities(student, teacher) / temperature
    own = _own(student)
    return (functional.cross_entropy(logits, own) + functional.cross_entropy(logits.mT, own)) / 2


def siglip(student: Tensor, teacher: Tensor, scale: float = SIGLIP_SCALE, bias: float = SIGLIP_BIAS) -> Tensor:
    """SigLIP: (1/N) Σᵢⱼ log(1 + exp(-zᵢⱼ(a ŝᵢ·t̂ⱼ + b))), z = 1 on the diagonal and -1 elsewhere."""
    logits = scale * similarities(student, teacher) + bias
    signs = 2 * torch.eye(len(logits), dtype=logits.dtype, device=logits.device) - 1
    return -functional.logsigmoid(signs * logits).sum(1).mean()


def relational(student: Tensor, teacher: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """KL(q‖p) with qᵢ = softmaxⱼ(t̂ᵢ·t̂ⱼ/τ), pᵢ = softmaxⱼ(ŝᵢ·t̂ⱼ/τ): InfoNCE that knows which images are alike."""
    wanted = (similarities(teacher, teacher) / temperature).log_softmax(1)
    found = (similarities(student, teacher) / temperature).log_softmax(1)
    return functional.kl_div(found, wanted, reduction="batchmean", log_target=True)


def mse(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean over all entries of (s - t)², not normalised: the student learns the teacher's scale as well."""
    return functional.mse_loss(student, teacher)


def mse_over_variance(student: Tensor, teacher: Tensor) -> Tensor:
    """``mse`` over the teacher's variance (of each dimension over the batch, then the mean): 1 for a constant guess."""
    return mse(student, teacher) / teacher.var(0, correction=0).mean()


def mse_unit(student: Tensor, teacher: Tensor) -> Tensor:
    """``mse`` of the normalised embeddings."""
    return mse(functional.normalize(student, dim=1), functional.normalize(teacher, dim=1))


def cosine(student: Tensor, teacher: Tensor) -> Tensor:
    """1 - ŝ·t̂."""
    return (1 - functional.cosine_similarity(student, teacher, dim=1)).mean()


def smooth_l1(student: Tensor, teacher: Tensor, beta: float = 1.0) -> Tensor:
    """Mean over all entries of (s - t)²/2β where that is below β, and of |s - t| - β/2 elsewhere."""
    return functional.smooth_l1_loss(student, teacher, beta=beta)


def sum_of_squares(student: Tensor, teacher: Tensor) -> Tensor:
    """‖s - t‖², as FARE has it (Schlarmann et al., ICML 2024)."""
    return (student - teacher).square().sum(1).mean()


Objective = Callable[[Tensor, Tensor], Tensor]

_OBJECTIVES: dict[str, Objective] = {
    "infonce": infonce,
    "infonce-students": infonce_students,
    "infonce-both": infonce_both,
    "nt-xent": nt_xent,
    "symmetric": symmetric,
    "siglip": siglip,
    "relational": relational,
    "mse": mse,
    "mse/var": mse_over_variance,
    "mse-unit": mse_unit,
    "cosine": cosine,
    "smooth-l1": smooth_l1,
    "sum-of-squares": sum_of_squares,
}
# Regression keeps the teacher's scale and geometry, contrast helps outside the levels of training.
DEFAULT = {"mse/var": 1.0, "infonce": 0.2}


def objective(weights: str | Mapping[str, float] | None = None) -> Objective:
    """The objective of that name, or the sum of several with their weights; ``DEFAULT`` when None.

    InputError for unknown names, and where there is nothing to sum.
    """
    terms = {weights: 1.0} if isinstance(weights, str) else dict(DEFAULT if weights is None else weights)
    for name in terms:
        if name not in _OBJECTIVES:
            raise unknown_name("objective", name, _OBJECTIVES)
    if not terms:
        raise InputError("an objective without terms", hint=f"the default is {DEFAULT}")

    def total(student: Tensor, teacher: Tensor) -> Tensor:
        if student.shape != teacher.shape or student.ndim != 2:
            raise InputError(
                f"student embeddings {tuple(student.shape)} and teacher embeddings {tuple(teacher.shape)} do not match",
                hint="both are (images, dimensions) of the same images",
            )
        values = [weight * _OBJECTIVES[name](student, teacher) for name, weight in terms.items()]
        return torch.stack(values).sum()

    return total
