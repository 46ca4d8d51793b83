"""A run of the language model: token shards × scale × seed → a run folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch

from assay.base.errors import InputError
from assay.base.progress import log
from assay.models.checkpoints import filled_model, save_run_model
from assay.models.language import new_language_model
from assay.models.scales import Scale
from assay.records.artifact import Draft, Identity, build, finished, partial_folder
from assay.records.record import Record, read_record, read_record_of
from assay.tokens.format import TOKENIZER_NAME
from assay.tokens.loader import Loader
from assay.tokens.mix import EPOCHS_AS_GOOD_AS_NEW
from assay.tokens.tokenizer import load_tokenizer
from assay.training.device import computing, matmul_rate
from assay.training.identity import run_identity
from assay.training.loop import Plan, Trained, fit
from assay.training.metrics import METRICS_NAME
from assay.training.objective import LanguageObjective
from assay.training.parallel import whole_weights
from assay.training.settings import RunSettings
from assay.training.throughput import Work
from assay.training.track import mirrors
from assay.training.trunk import Trunk
from assay.training.validation import HeldOut, load_held_out
from assay.training.world import World, joined

_VALIDATIONS = 10
"""In a run, where the settings do not say how many."""


def train(
    tokens: Path,
    scale: Scale,
    seed: int,
    out: Path,
    threads: int | None = None,
    settings: RunSettings | None = None,
    *,
    trunk: Trunk | None = None,
) -> Record:
    """Train a model on a tokens folder and leave a run folder at ``out``; what is there already is not made again.

    The seed fixes the initial weights and the order of the data. On a CPU the result is the same bit for bit with
    the same number of ``threads`` (None: torch's default), also when the run was killed and started again. Processes
    that torchrun started train one model together. ``trunk``: see ``trunk.py``.
    InputError when the tokens do not fit the scale.
    """
    settings = settings or RunSettings()
    source = read_record_of(tokens, "tokens")
    identity = run_identity({source.id: Path(tokens)}, scale, seed)
    record = finished(out, identity)
    if record is not None:
        return record
    title = f"{source.name} {identity.name}"
    loader = _open(Path(tokens), scale, seed)
    run = _Run(title, Path(tokens), scale, seed, settings, loader, _held_out(Path(tokens), scale, settings), trunk)
    with joined() as world, computing(threads):
        _check(scale, world)
        with _draft(out, identity, world) as draft:
            _make(run, draft, world)
        world.barrier()
    return read_record(out)


@dataclass(frozen=True)
class _Run:
    title: str
    tokens: Path
    scale: Scale
    seed: int
    settings: RunSettings
    loader: Loader
    held_out: dict[str, HeldOut]
    trunk: Trunk | None


def _make(run: _Run, draft: Draft, world: World) -> None:
    """Everything that holds on to the group of processes ends with this function, before the group does."""
    checkpoints = draft.work / "checkpoints"
    if run.trunk and world.is_main:
        run.trunk.enter(checkpoints, draft.folder)
    world.barrier()
    model = new_language_model(run.scale.model, run.seed)
    plan = _plan(run, draft, world)
    if run.trunk:
        plan = replace(plan, at_branch=partial(run.trunk.leave, checkpoints, draft.folder))
    with LanguageObjective(model, run.loader, run.scale, world, run.settings, run.held_out) as objective:
        trained = fit(objective, plan, draft.folder, checkpoints, world)
    weights = whole_weights(model) if world.size > 1 else model.state_dict()
    if world.is_main:
        save_run_model(draft.folder, filled_model(run.scale.model, weights, draft.folder), run.scale)
        shutil.copyfile(run.tokens / TOKENIZER_NAME, draft.folder / TOKENIZER_NAME)
        _describe(draft, trained, run.scale, run.loader, world)


@contextmanager
def _draft(out: Path, identity: Identity, world: World) -> Iterator[Draft]:
    """The run in the making; only the first process makes it, the others see its folder."""
    if world.is_main:
        with build(out, identity) as draft:
            yield draft
    else:
        yield Draft(partial_folder(out, identity), identity)


def _plan(run: _Run, draft: Draft, world: World) -> Plan:
    scale, settings = run.scale, run.settings
    rate = matmul_rate(world.device, settings.precision, torch.get_num_threads())
    return Plan(
        title=run.title,
        steps=scale.steps,
        work=Work(scale.batch_tokens, scale.batch_tokens * token_flops(scale), rate * world.size),
        optimizer=scale.optimizer,
        checkpoint_seconds=settings.checkpoint_seconds,
        validation_steps=(settings.validation_steps or max(1, scale.steps // _VALIDATIONS)) if run.held_out else None,
        mirrors=mirrors(settings.track, run.title, draft.folder) if world.is_main else [],
        out_of_memory=_out_of_memory(scale, world, settings),
    )


def token_flops(scale: Scale) -> float:
    """Of the matrix products for a token: 6 for each weight, the input embedding left out, and causal attention.

    A query meets (context + 1)/2 keys on average, in two products, and twice that on the way back (PaLM, appendix B,
    counts a full context).
    """
    shape = scale.model
    weights = shape.parameters - shape.vocab_size * shape.width
    return 6.0 * weights + 6.0 * shape.layers * shape.width * (scale.sequence_length + 1)


def _out_of_memory(scale: Scale, world: World, settings: RunSettings) -> str:
    share = -(-(scale.micro_batch_sequences or scale.batch_sequences) // 2)
    hints = [f"lower the sequences that go through the model at once: --set micro_batch_sequences={share}"]
    if not settings.activation_checkpointing:
        hints.append("keep fewer activations: --set run.activation_checkpointing=true")
    if settings.sharding == "ddp":
        hints.append(f"share the weights between {max(2, world.size)} devices: --set run.sharding=fsdp")
    return "; or ".join(hints)


def _held_out(tokens: Path, scale: Scale, settings: RunSettings) -> dict[str, HeldOut]:
    if not settings.validation:
        return {}
    tokenizer = load_tokenizer(tokens)
    return {
        domain: load_held_out(files, tokenizer, scale.sequence_length) for domain, files in settings.validation.items()
    }


def _check(scale: Scale, world: World) -> None:
    if scale.batch_sequences % world.size:
        raise InputError(
            f"{world.size} processes do not share a batch of {scale.batch_sequences} sequences evenly",
            where=scale.name,
            hint=f"use a number of processes that divides {scale.batch_sequences}",
        )


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
    if epochs > EPOCHS_AS_GOOD_AS_NEW:
        log(
            f"{tokens}: scale {scale.name} reads these tokens {epochs:.1f} times; repeats teach little after the fourth"
        )
    return loader


def _epochs(scale: Scale, loader: Loader) -> float:
    return scale.steps * scale.batch_sequences / loader.sequences


def _describe(draft: Draft, trained: Trained, scale: Scale, loader: Loader, world: World) -> None:
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
        device=world.device.type,
        processes=world.size,
        skipped_steps=trained.skipped,
    )
    if trained.bits_per_byte:
        draft.metrics["bits_per_byte"] = trained.bits_per_byte
