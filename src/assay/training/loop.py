"""The training loop, for any objective: steps, metrics, checkpoints, interruption.

What is trained and on what is the objective's business (``language.py``); the loop only asks it for the gradient of a
step, and that must depend on the weights and the step's number alone. So a run can stop after any step and go on.
Every process of a run goes through the same loop; they decide together (``_agree``), and the first one writes.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

from assay.base.errors import InputError, MachineError, StoppedError
from assay.base.progress import Progress, log, progress
from assay.models.scales import Optimizer
from assay.training.checkpoint import Checkpoints, State
from assay.training.interrupt import Asked, deferred_interrupts
from assay.training.metrics import MetricsLog
from assay.training.optimizer import make_optimizer
from assay.training.schedule import learning_rate
from assay.training.spikes import Spikes
from assay.training.throughput import Meter, Work
from assay.training.track import Mirror
from assay.training.world import World

_MOST_SKIPPED = 16
"""Steps in a row that may be left out: weights that do not move will not recover."""


class Objective(Protocol):
    """What is trained, and on what."""

    @property
    def model(self) -> nn.Module:
        """Its parameters are changed in place."""
        ...

    @property
    def data_seconds(self) -> float:
        """How long all steps so far waited for their data."""
        ...

    def backward(self, step: int) -> Tensor:
        """Add the gradient of the step's mean loss to the parameters' gradients; the loss, detached, a scalar.

        With several processes the gradient is that of all their data, the loss that of this process's.
        """
        ...

    def validate(self) -> dict[str, float]:
        """Bits per byte of held-out text, by domain."""
        ...


@dataclass(frozen=True)
class Plan:
    """How long to train, with which optimiser, and what to do on the way."""

    title: str
    steps: int
    work: Work
    optimizer: Optimizer
    checkpoint_seconds: float
    """Time between two checkpoints."""
    validation_steps: int | None
    """None: there is nothing to validate on."""
    mirrors: list[Mirror]
    out_of_memory: str
    """What to do when the device has not enough memory."""
    unit: str = "tokens"
    """What ``work.tokens`` counts."""
    at_branch: Callable[[], None] | None = None
    """Called before the cooldown, when a checkpoint of the step before it is in place."""


@dataclass(frozen=True)
class Trained:
    """How the training went."""

    final_loss: float
    seconds: float
    """Over all parts of an interrupted run."""
    rows: int
    """In ``metrics.jsonl``."""
    skipped: int
    """Steps left out because of a spike."""
    bits_per_byte: dict[str, float]
    """Of held-out text, at the end."""


@dataclass(frozen=True)
class _Step:
    """What all processes know of a step."""

    loss: float
    gradient_norm: float
    learning_rate: float
    signal: int
    """The number of the signal that asks one of the processes to stop, or 0."""
    save: bool


def fit(objective: Objective, plan: Plan, folder: Path, checkpoints: Path, world: World) -> Trained:
    """Train ``objective.model`` in place, from the newest checkpoint if there is one; metrics go to ``folder``.

    After SIGTERM or Ctrl-C a checkpoint is saved when the step is done, and StoppedError or KeyboardInterrupt raised.
    InputError when the loss is no longer a number, MachineError when memory or disk run out; the last checkpoint is
    then kept.
    """
    optimizer = make_optimizer(objective.model, plan.optimizer)
    with Checkpoints(checkpoints, objective.model, optimizer, world) as keeper, deferred_interrupts() as asked:
        state = keeper.restore()
        if state.step:
            log(f"{plan.title}: goes on after step {state.step:,} of {plan.steps:,}")
        loop = _Loop(objective, optimizer, plan, keeper, world)
        with progress(plan.title, (plan.steps - state.step) * plan.work.tokens, plan.unit) as bar:
            metrics = MetricsLog(folder, plan.steps, state.step, plan.mirrors, write=world.is_main)
            return loop.run(state, metrics, asked, bar)


class _Loop:
    def __init__(
        self, objective: Objective, optimizer: torch.optim.Optimizer, plan: Plan, keeper: Checkpoints, world: World
    ):
        self.objective, self.optimizer, self.plan, self.keeper, self.world = objective, optimizer, plan, keeper, world
        self._saved = time.monotonic()
        self._in_a_row = 0

    def run(self, state: State, metrics: MetricsLog, asked: Asked, bar: Progress) -> Trained:
        """The steps that are left."""
        plan, meter, spikes = self.plan, Meter(self.plan.work, self.world), Spikes(state.recent)
        began, validation = time.monotonic() - state.seconds, {}
        while state.step < plan.steps:
            waited = self.objective.data_seconds
            taken = self._step(state.step, asked)
            self._apply(taken, spikes, state)
            state.seconds, state.recent = time.monotonic() - began, list(spikes.recent)
            meter.step(self.objective.data_seconds - waited)
            row = _row(taken, state, plan)
            if metrics.wants(state.step):
                row |= meter.read()
            if plan.validation_steps and (state.step % plan.validation_steps == 0 or state.step == plan.steps):
                row["bits_per_byte"] = validation = self.objective.validate()
                meter.restart()
            metrics.add(row)
            bar.advance(plan.work.tokens, f"loss {taken.loss:.3f}")
            self._keep(taken, state)
        return Trained(metrics.final_loss(), state.seconds, len(metrics.rows), state.skipped, validation)

    def _step(self, step: int, asked: Asked) -> _Step:
        """Gradient of a step, cut to ``clip_norm``; the loss and what to do next are agreed on by all processes."""
        plan = self.plan
        rate = learning_rate(step, plan.steps, plan.optimizer)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        try:
            loss = self.objective.backward(step).item()
        except RuntimeError as error:
            raise _out_of_memory(error, plan) from error
        norm = nn.utils.clip_grad_norm_(self.objective.model.parameters(), plan.optimizer.clip_norm)
        due = time.monotonic() - self._saved > plan.checkpoint_seconds
        losses, signals, dues = self.world.gather([loss, asked.signal, due]).unbind(1)
        return _Step(losses.mean().item(), _number(norm), rate, int(signals.max()), bool(dues[0]))

    def _apply(self, taken: _Step, spikes: Spikes, state: State) -> None:
        """Take the step, or leave it out; InputError when the run is to end here."""
        policy, wrong = self.plan.optimizer.spikes, spikes.seen(taken.loss, taken.gradient_norm)
        end = policy == "stop" or (wrong == "no number" and policy != "skip") or self._in_a_row >= _MOST_SKIPPED
        if wrong and end:
            raise _diverged(wrong, taken, state.step, self.plan)
        if wrong and policy == "skip":
            log(f"{self.plan.title}: step {state.step + 1:,} is left out ({wrong}: loss {taken.loss:.4g})")
            state.skipped += 1
            self._in_a_row += 1
        else:
            self.optimizer.step()
            self._in_a_row = 0
        self.optimizer.zero_grad()
        state.step += 1

    def _keep(self, taken: _Step, state: State) -> None:
        """Checkpoints, and the end when someone asked for it."""
        plan = self.plan
        self.keeper.settle(wait=False)
        branch = plan.at_branch is not None and state.step == plan.optimizer.stable_steps(plan.steps)
        if taken.signal or taken.save or branch:
            self.keeper.save(state)
            self._saved = time.monotonic()
        if taken.signal or branch:
            self.keeper.settle()
        if branch and plan.at_branch and self.world.is_main:
            plan.at_branch()
        if taken.signal == signal.SIGTERM:
            raise StoppedError(f"stopped after step {state.step:,} of {plan.steps:,}", where=plan.title)
        if taken.signal:
            log(f"{plan.title}: stopped after step {state.step:,}; the same command goes on from here")
            raise KeyboardInterrupt


def _number(norm: Tensor) -> float:
    return (norm.full_tensor() if isinstance(norm, DTensor) else norm).item()


def _out_of_memory(error: RuntimeError, plan: Plan) -> Exception:
    """What to raise for an error of the gradient: torch tells a CPU without memory by the message only."""
    if isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error):
        return MachineError("the device has not enough memory", where=plan.title, hint=plan.out_of_memory)
    return error


def _diverged(wrong: str, taken: _Step, step: int, plan: Plan) -> InputError:
    rate = plan.optimizer.learning_rate
    what = "diverged" if wrong == "no number" else "a spike"
    return InputError(
        f"{what} at step {step + 1}: loss {taken.loss}, gradient norm {taken.gradient_norm}",
        where=plan.title,
        hint=f"lower optimizer.learning_rate (it is {rate:g}), raise warmup_steps, or leave such steps out with "
        "--set optimizer.spikes=skip; the last checkpoint is kept",
    )


def _row(taken: _Step, state: State, plan: Plan) -> dict[str, Any]:
    return {
        "step": state.step,
        plan.unit: state.step * plan.work.tokens,
        "loss": taken.loss,
        "learning_rate": taken.learning_rate,
        "grad_norm": taken.gradient_norm,
        "skipped": state.skipped,
    }
