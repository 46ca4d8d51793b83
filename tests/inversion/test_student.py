from __future__ import annotations

import copy

import pytest
import torch

from assay.inversion.encoders import ImageEncoder
from assay.inversion.images import Images
from assay.inversion.invert import train_student
from assay.inversion.probes import retrieval_at_1
from assay.inversion.small import SmallEncoder
from assay.inversion.student import InversionObjective, StudentSettings, embed
from assay.training.checkpoint import newest_checkpoint


@pytest.fixture
def teacher(images):
    """Weights of chance, and statistics of these images."""
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        encoder = ImageEncoder(SmallEncoder(), 28, (0.5,), (0.5,), source="small-cnn")
        for _ in range(50):
            encoder(images.batch(torch.arange(len(images))))
        return encoder.eval()


@pytest.fixture
def images():
    draws = torch.Generator().manual_seed(1)
    coarse = torch.randint(0, 256, (128, 1, 7, 7), generator=draws, dtype=torch.uint8)
    return Images(coarse.repeat_interleave(4, 2).repeat_interleave(4, 3))


SETTINGS = StudentSettings(operator="noise:0.5", epochs=6, batch=32)


def test_a_student_comes_nearer_to_the_teacher_and_the_teacher_stays(teacher, images, tmp_path):
    before = copy.deepcopy(teacher.state_dict())
    clean = embed(teacher, images)
    untrained = retrieval_at_1(embed(teacher, images, "noise:0.5", draw=99), clean)
    _, student = train_student(teacher, images, SETTINGS.model_copy(update={"epochs": 15}), tmp_path)
    assert retrieval_at_1(embed(student, images, "noise:0.5", draw=99), clean) > untrained + 0.3
    assert all(torch.equal(before[name], tensor) for name, tensor in teacher.state_dict().items())
    assert not student.training


def test_the_gradient_of_a_step_depends_on_its_number_alone(teacher, images):
    def loss(step: int) -> float:
        return InversionObjective(teacher, images, SETTINGS, torch.device("cpu")).backward(step).item()

    assert loss(5) == loss(5)
    assert loss(5) != loss(9)  # the same batch number of another epoch


def test_cached_embeddings_are_those_of_the_mirrored_views(teacher, images):
    objective = InversionObjective(teacher, images, SETTINGS, torch.device("cpu"))
    rows, mirrored = torch.arange(8), torch.arange(8) % 2 == 0
    seen = []
    objective._distance = lambda found, wanted: seen.append(wanted) or found.sum()
    views = images.batch(rows)
    objective.loss(views, rows, mirrored)
    turned = torch.where(mirrored[:, None, None, None], views.flip(3), views)
    with torch.no_grad():
        assert torch.allclose(seen[0], teacher(turned), atol=1e-5)


@pytest.mark.parametrize("ema", [None, 0.9])
def test_a_stopped_run_goes_on_to_the_same_weights(teacher, images, tmp_path, monkeypatch, ema):
    settings = SETTINGS.model_copy(update={"ema": ema})
    _, whole = train_student(teacher, images, settings, tmp_path / "whole")
    backward = InversionObjective.backward

    def stops(self, step):
        if step == 9:
            raise KeyboardInterrupt
        return backward(self, step)

    monkeypatch.setattr("assay.inversion.invert._CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(InversionObjective, "backward", stops)
    with pytest.raises(KeyboardInterrupt):
        train_student(teacher, images, settings, tmp_path / "cut")
    assert newest_checkpoint(tmp_path / "cut" / "work" / "checkpoints") is not None
    monkeypatch.setattr(InversionObjective, "backward", backward)
    _, resumed = train_student(teacher, images, settings, tmp_path / "cut")
    assert all(torch.equal(tensor, resumed.state_dict()[name]) for name, tensor in whole.state_dict().items())


def test_the_mean_of_the_weights_is_another_encoder(teacher, images, tmp_path):
    _, plain = train_student(teacher, images, SETTINGS, tmp_path / "plain")
    _, mean = train_student(teacher, images, SETTINGS.model_copy(update={"ema": 0.9}), tmp_path / "mean")
    assert not torch.equal(plain.body.features[0].weight, mean.body.features[0].weight)


def test_steps_fill_batches():
    assert SETTINGS.steps(130) == 24
    assert SETTINGS.steps(3) == 6
