"""A run of the language model: token shards × scale × seed → a run folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch
from torch import Tensor

from assay.base.errors import InputError
from assay.base.progress import log
from assay.models.checkpoints import save_run_model
from assay.models.language import LanguageModel, new_language_model
from assay.models.scales import Scale
from assay.records.artifact import Draft, build, finished
from assay.records.record import Record, read_record, read_record_of
from assay.tokens.format import TOKENIZER_NAME
from assay.tokens.loader import Loader
from assay.training.device import autocast, best_device, computing
from assay.training.identity import run_identity
from assay.training.loop import Plan, Trained, fit
from assay.training.loss import language_loss
from assay.training.metrics import METRICS_NAME

_CHECKPOINT_SECONDS = 300.0
_EPOCHS_AS_GOOD_AS_NEW = 4
"""Repeating data up to about four times is nearly as good as new data (Muennighoff et al. 2023, arXiv 2305.16264)."""


class LanguageObjective:
    """Predict each next token: the gradient of a batch, gathered over micro-batches."""

    def __init__(self, model: LanguageModel, loader: Loader, scale: Scale):
        self.model = model
        self._loader = loader
        self._micro_batch = scale.micro_batch_sequences or scale.batch_sequences
        self._z_loss = scale.optimizer.z_loss
        self._device = model.output.weight.device

    def backward(self, step: int) -> Tensor:
        """Add the gradient of the batch's mean loss to the parameters'; the loss."""
        batch = torch.from_numpy(self._loader.batch(step))
        total = torch.zeros((), device=self._device)
        for part in batch.split(self._micro_batch):
            loss = self._loss(part.to(self._device)) * (len(part) / len(batch))
            loss.backward()
            total += loss.detach()
        return total

    def _loss(self, sequences: Tensor) -> Tensor:
        with autocast(self._device):
            hidden = self.model.hidden(sequences[:, :-1])
            return language_loss(hidden, self.model.output.weight, sequences[:, 1:], self._z_loss)


def train(
    tokens: Path,
    scale: Scale,
    seed: int,
    out: Path,
    threads: int | None = None,
    checkpoint_seconds: float = _CHECKPOINT_SECONDS,
) -> Record:
    """Train a model on a tokens folder and leave a run folder at ``out``; what is there already is not made again.

    The seed fixes the initial weights and the order of the data. On a CPU the result is the same bit for bit with
    the same number of ``threads`` (None: torch's default), also when the run was killed and started again.
    InputError when the tokens do not fit the scale.
    """
    source = read_record_of(tokens, "tokens")
    identity = run_identity({source.id: Path(tokens)}, scale, seed)
    record = finished(out, identity)
    if record is not None:
        return record
    loader = _open(Path(tokens), scale, seed)
    with build(out, identity) as draft, computing(threads):
        model = new_language_model(scale.model, seed).to(best_device())
        plan = Plan(
            title=f"{source.name} {identity.name}",
            steps=scale.steps,
            step_tokens=scale.batch_tokens,
            optimizer=scale.optimizer,
            checkpoint_seconds=checkpoint_seconds,
        )
        trained = fit(LanguageObjective(model, loader, scale), plan, draft.folder, draft.work / "checkpoints")
        save_run_model(draft.folder, model, scale)
        shutil.copyfile(Path(tokens) / TOKENIZER_NAME, draft.folder / TOKENIZER_NAME)
        _describe(draft, trained, scale, loader)
    return read_record(out)


def _open(tokens: Path, scale: Scale, seed: int) -> Loader:
    """The batches of the run, if the tokens fit the scale."""
    loader = Loader(tokens, scale.batch_sequences, seed)
    if loader.sequence_length != scale.sequence_length + 1:
        raise InputError(
            f"holds sequences of {loader.sequence_length} tokens; scale {scale.name} reads "
            f"{scale.sequence_length} and needs one more as the last target",
            where=tokens,
            hint=f"tokenize with a context of {scale.sequence_length}, or train with "
            f"--set sequence_length={loader.sequence_length - 1}",
        )
    if loader.vocab_size > scale.model.vocab_size:
        raise InputError(
            f"has token ids up to {loader.vocab_size - 1}; the model of scale {scale.name} has "
            f"{scale.model.vocab_size} rows",
            where=tokens,
            hint=f"train with --set model.vocab_size={loader.vocab_size}, or tokenize with a smaller vocabulary",
        )
    epochs = _epochs(scale, loader)
    if epochs > _EPOCHS_AS_GOOD_AS_NEW:
        log(
            f"{tokens}: scale {scale.name} reads these tokens {epochs:.1f} times; repeats teach little after the fourth"
        )
    return loader


def _epochs(scale: Scale, loader: Loader) -> float:
    return scale.steps * scale.batch_sequences / loader.sequences


def _describe(draft: Draft, trained: Trained, scale: Scale, loader: Loader) -> None:
    draft.rows[METRICS_NAME] = trained.rows
    draft.metrics.update(
        final_loss=trained.final_loss,
        tokens=int(scale.trained_tokens),
        epochs=_epochs(scale, loader),
        flops=float(scale.flops),
        parameters=int(scale.model.parameters),
        seconds=trained.seconds,
        tokens_per_second=scale.trained_tokens / trained.seconds,
        threads=torch.get_num_threads(),
        device=best_device().type,
    )
