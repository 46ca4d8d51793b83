"""The training loop, for any objective: steps, metrics, checkpoints, interruption.

What is trained and on what is the objective's business (``language.py``); the loop only asks it for the gradient of a
step, and that must depend on the weights and the step's number alone. So a run can stop after any step and go on.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from assay.base.errors import InputError, MachineError
from assay.base.progress import log, progress
from assay.models.scales import Optimizer
from assay.training.checkpoint import restore_checkpoint, save_checkpoint
from assay.training.interrupt import deferred_interrupts
from assay.training.metrics import MetricsLog
from assay.training.optimizer import make_optimizer
from assay.training.schedule import learning_rate


class Objective(Protocol):
    """What is trained, and on what."""

    @property
    def model(self) -> nn.Module:
        """Its parameters are changed in place."""
        ...

    def backward(self, step: int) -> Tensor:
        """Add the gradient of the step's mean loss to the parameters' gradients; the loss, detached, a scalar."""
        ...


@dataclass(frozen=True)
class Plan:
    """How long to train, and with which optimiser."""

    title: str
    steps: int
    step_tokens: int
    optimizer: Optimizer
    checkpoint_seconds: float
    """Time between two checkpoints."""


@dataclass(frozen=True)
class Trained:
    """How the training went."""

    final_loss: float
    seconds: float
    """Over all parts of an interrupted run."""
    rows: int
    """In ``metrics.jsonl``."""


@dataclass(frozen=True)
class _Step:
    loss: float
    learning_rate: float
    gradient_norm: float


def fit(objective: Objective, plan: Plan, folder: Path, checkpoints: Path) -> Trained:
    """Train ``objective.model`` in place, from the newest checkpoint if there is one; metrics go to ``folder``.

    On Ctrl-C or SIGTERM a checkpoint is saved after the current step and KeyboardInterrupt raised. InputError when
    the loss is no longer a number, MachineError when memory or disk run out; the last checkpoint is then kept.
    """
    optimizer = make_optimizer(objective.model, plan.optimizer)
    first, before = restore_checkpoint(checkpoints, objective.model, optimizer)
    metrics = MetricsLog(folder, plan.steps, first)
    if first:
        log(f"{plan.title}: goes on after step {first:,} of {plan.steps:,}")
    started = saved = time.monotonic()
    with (
        deferred_interrupts() as stop,
        progress(plan.title, (plan.steps - first) * plan.step_tokens, "tokens") as bar,
    ):
        for step in range(first, plan.steps):
            taken = _take_step(objective, optimizer, plan, step)
            done, now = step + 1, time.monotonic()
            metrics.add(_row(taken, done, plan))
            bar.advance(plan.step_tokens, _note(taken, (done - first) * plan.step_tokens / (now - started)))
            if stop.is_set() or now - saved > plan.checkpoint_seconds:
                save_checkpoint(checkpoints, objective.model, optimizer, done, before + now - started)
                saved = time.monotonic()
            if stop.is_set():
                log(f"{plan.title}: stopped after step {done:,}; the same command goes on from here")
                raise KeyboardInterrupt
    return Trained(metrics.final_loss(), before + time.monotonic() - started, len(metrics.rows))


def _take_step(objective: Objective, optimizer: torch.optim.Optimizer, plan: Plan, step: int) -> _Step:
    rate = learning_rate(step, plan.steps, plan.optimizer)
    for group in optimizer.param_groups:
        group["lr"] = rate
    try:
        loss = objective.backward(step).item()
    except torch.OutOfMemoryError as error:
        hint = "lower micro_batch_sequences (--set micro_batch_sequences=…)"
        raise MachineError("the device has not enough memory for a micro-batch", where=plan.title, hint=hint) from error
    norm = nn.utils.clip_grad_norm_(objective.model.parameters(), plan.optimizer.clip_norm).item()
    if not (math.isfinite(loss) and math.isfinite(norm)):
        raise InputError(
            f"diverged at step {step + 1}: loss {loss}, gradient norm {norm}",
            where=plan.title,
            hint=f"lower optimizer.learning_rate (it is {plan.optimizer.learning_rate:g}) or raise warmup_steps",
        )
    optimizer.step()
    optimizer.zero_grad()
    return _Step(loss, rate, norm)


def _row(taken: _Step, done: int, plan: Plan) -> dict[str, float]:
    return {
        "step": done,
        "tokens": done * plan.step_tokens,
        "loss": taken.loss,
        "learning_rate": taken.learning_rate,
        "grad_norm": taken.gradient_norm,
    }


def _note(taken: _Step, speed: float) -> str:
    return f"loss {taken.loss:.3f}  {speed:,.0f} tokens/s"
