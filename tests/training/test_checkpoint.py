from __future__ import annotations

import os
import pickle
import resource

import pytest
import torch

from assay.base.errors import InputError, MachineError
from assay.models.language import new_language_model
from assay.training.checkpoint import Checkpoints, State
from assay.training.optimizer import make_optimizer
from assay.training.world import World
from training.conftest import make_scale

SCALE = make_scale()
WORLD = World(torch.device("cpu"))


def fresh(seed: int):
    model = new_language_model(SCALE.model, seed)
    return model, make_optimizer(model, SCALE.optimizer)


def take_step(model, optimizer):
    optimizer.zero_grad()
    model(torch.arange(20).reshape(2, 10)).square().mean().backward()
    optimizer.step()


def save_checkpoint(folder, model, optimizer, step, seconds):
    with Checkpoints(folder, model, optimizer, WORLD) as keeper:
        keeper.save(State(step, seconds, [(1.0, 2.0)]))


def restore_checkpoint(folder, model, optimizer):
    state = Checkpoints(folder, model, optimizer, WORLD).restore()
    return state.step, state.seconds


@pytest.fixture
def trained():
    model, optimizer = fresh(0)
    for _ in range(3):
        take_step(model, optimizer)
    return model, optimizer


def assert_same(one: torch.nn.Module, other: torch.nn.Module):
    for name, weight in one.named_parameters():
        assert torch.equal(weight, other.get_parameter(name)), name


def test_without_a_checkpoint_nothing_changes(tmp_path):
    model, optimizer = fresh(0)
    assert restore_checkpoint(tmp_path / "absent", model, optimizer) == (0, 0.0)
    assert_same(model, fresh(0)[0])


def test_weights_and_optimizer_go_on_bit_for_bit(tmp_path, trained):
    save_checkpoint(tmp_path, *trained, step=3, seconds=1.5)
    model, optimizer = fresh(1)
    assert restore_checkpoint(tmp_path, model, optimizer) == (3, 1.5)
    assert_same(model, trained[0])
    for _ in range(3):
        take_step(*trained)
        take_step(model, optimizer)
    assert_same(model, trained[0])


def test_one_that_a_kill_left_half_made_is_not_read(tmp_path, trained):
    save_checkpoint(tmp_path, *trained, step=9, seconds=0.0)
    (tmp_path / "00000200.partial").mkdir()
    assert restore_checkpoint(tmp_path, *trained)[0] == 9


def test_only_the_newest_is_kept(tmp_path, trained):
    (tmp_path / "00000005.partial").mkdir()
    for step in (9, 10, 100):
        save_checkpoint(tmp_path, *trained, step=step, seconds=0.0)
    assert [path.name for path in tmp_path.iterdir()] == ["00000100"]
    assert restore_checkpoint(tmp_path, *trained)[0] == 100


def test_a_full_disk_leaves_the_last_good_one(tmp_path, trained):
    save_checkpoint(tmp_path, *trained, step=1, seconds=0.0)
    before = [weight.detach().clone() for weight in trained[0].parameters()]
    take_step(*trained)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(MachineError, match="could not be written") as error:
            save_checkpoint(tmp_path, *trained, step=2, seconds=0.0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "free some space" in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["00000001"]
    assert restore_checkpoint(tmp_path, *trained)[0] == 1
    assert all(torch.equal(one, two) for one, two in zip(before, trained[0].parameters(), strict=True))


SHARD = "shard-00001-model-00001-of-00001.safetensors"


class Hostile:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("name", [SHARD, "state.json"])
def test_damage_and_pickles_are_refused(tmp_path, trained, name):
    save_checkpoint(tmp_path / "kept", *trained, step=1, seconds=0.0)
    (tmp_path / "kept" / "00000001" / name).write_bytes(pickle.dumps(Hostile(tmp_path / "ran")))
    with pytest.raises(InputError, match="checkpoint is damaged") as error:
        restore_checkpoint(tmp_path / "kept", *trained)
    assert "00000001" in str(error.value)
    assert "remove this folder" in str(error.value)
    assert not (tmp_path / "ran").exists()


def test_a_pickle_beside_the_tensors_is_not_read(tmp_path, trained):
    save_checkpoint(tmp_path / "kept", *trained, step=1, seconds=0.0)
    (tmp_path / "kept" / "00000001" / ".metadata").write_bytes(pickle.dumps(Hostile(tmp_path / "ran")))
    assert restore_checkpoint(tmp_path / "kept", *trained)[0] == 1
    assert not (tmp_path / "ran").exists()


def test_training_goes_on_while_one_is_written(tmp_path, trained):
    model, optimizer = trained
    before = [weight.detach().clone() for weight in model.parameters()]
    with Checkpoints(tmp_path, model, optimizer, WORLD) as keeper:
        keeper.save(State(3))
        take_step(model, optimizer)  # changes the weights in place
    restore_checkpoint(tmp_path, model, optimizer)
    assert all(torch.equal(one, two) for one, two in zip(before, model.parameters(), strict=True))


def test_what_spikes_are_judged_by_comes_back(tmp_path, trained):
    save_checkpoint(tmp_path, *trained, step=1, seconds=0.5)
    assert Checkpoints(tmp_path, *trained, WORLD).restore().recent == [[1.0, 2.0]]


def test_tensors_of_another_model_are_refused(tmp_path, trained):
    save_checkpoint(tmp_path, *trained, step=1, seconds=0.0)
    model = new_language_model(make_scale(model={"width": 32, "layers": 1, "heads": 2, "vocab_size": 400}).model, 0)
    with pytest.raises(InputError, match="checkpoint is damaged"):
        restore_checkpoint(tmp_path, model, make_optimizer(model, SCALE.optimizer))
