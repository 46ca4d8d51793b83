"""An encoder, images and an operator → a student, as an artifact: safetensors, metrics, a record."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import torch

from assay.base.errors import InputError
from assay.base.files import write_bytes
from assay.inversion.encoders import ImageEncoder, load_encoder, save_encoder
from assay.inversion.images import Images, read_images
from assay.inversion.student import ImageObjective, InversionObjective, StudentSettings, training_flops
from assay.records.artifact import WORK_FOLDER, Draft, Identity, build, finished
from assay.records.record import RECORD_NAME, Record, read_record
from assay.training.device import best_device, computing, matmul_rate
from assay.training.loop import Plan, Trained, fit
from assay.training.metrics import METRICS_NAME
from assay.training.throughput import Work
from assay.training.world import World

QUARANTINE_NAME = "quarantine.jsonl"
_CHECKPOINT_SECONDS = 300.0


def invert(
    encoder: str, images: str | Path, settings: StudentSettings, out: Path, threads: int | None = None
) -> Record:
    """Train a student of ``encoder`` (``load_encoder``) on the images of a folder and leave it at ``out``.

    What is there already is not made again, and a run that was stopped goes on. InputError for encoders, operators and
    images that cannot be used, and under torchrun.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise InputError("a student is trained by one process", hint="start the command without torchrun")
    teacher = load_encoder(encoder)
    data = read_images(images, teacher.size)
    identity = _identity(encoder, teacher, data, settings)
    record = finished(out, identity)
    if record is not None:
        return record
    with build(out, identity) as draft, computing(threads):
        trained, student = train_student(teacher, data, settings, draft.folder, identity.name)
        save_encoder(draft.folder, student.cpu())
        _describe(draft, trained, data)
    return read_record(out)


def _identity(source: str, teacher: ImageEncoder, images: Images, settings: StudentSettings) -> Identity:
    content = sha256()
    for name, tensor in teacher.body.state_dict().items():
        content.update(name.encode())
        content.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy())
    config = {
        "encoder": content.hexdigest(),
        "size": teacher.size,
        "images": images.fingerprint(),
        **settings.model_dump(mode="json"),
    }
    made = (Path(source) / RECORD_NAME).is_file()
    inputs = {read_record(source).id: source} if made else {}
    return Identity("encoder", f"{Path(source).name} {settings.operator}", config, inputs)


def train_student(
    teacher: ImageEncoder, images: Images, settings: StudentSettings, folder: Path, title: str = "student"
) -> tuple[Trained, ImageEncoder]:
    """The student without an artifact; metrics and checkpoints go to ``folder``, from which a stopped run goes on."""
    objective = InversionObjective(teacher, images, settings, best_device())
    trained = fit_images(objective, teacher, folder, title)
    return trained, objective.model.finished()


def fit_images(objective: ImageObjective, encoder: ImageEncoder, folder: Path, title: str) -> Trained:
    """Train ``objective.model``, whose cost is that of ``encoder``, by the training room's loop."""
    settings, images, device = objective.settings, objective.images, objective.device
    steps, batch = settings.steps(len(images)), min(settings.batch, len(images))
    folder.mkdir(parents=True, exist_ok=True)
    flops = batch * training_flops(encoder, images)
    plan = Plan(
        title=title,
        steps=steps,
        work=Work(batch, flops, matmul_rate(device, "float32", torch.get_num_threads())),
        optimizer=settings.optimizer(steps),
        checkpoint_seconds=_CHECKPOINT_SECONDS,
        validation_steps=None,
        mirrors=[],
        out_of_memory=f"give fewer images at once: --set batch={max(1, batch // 2)}",
        unit="images",
    )
    return fit(objective, plan, folder, folder / WORK_FOLDER / "checkpoints", World(device))


def _describe(draft: Draft, trained: Trained, images: Images) -> None:
    lines = [json.dumps(asdict(each)) for each in images.quarantined]
    write_bytes(draft.folder / QUARANTINE_NAME, "".join(f"{line}\n" for line in lines).encode())
    draft.rows.update({METRICS_NAME: trained.rows, QUARANTINE_NAME: len(lines)})
    draft.metrics.update(
        final_loss=trained.final_loss,
        seconds=trained.seconds,
        images=len(images),
        quarantined=len(lines),
        threads=torch.get_num_threads(),
    )
