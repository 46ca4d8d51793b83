from __future__ import annotations

import os

import pytest
import torch

from assay.base.errors import InputError
from assay.models.checkpoints import load_model, load_with_scale, read_tensors, save_run_model, write_tensors
from assay.models.language import new_language_model
from assay.models.scales import load_scale
from assay.records.artifact import Identity, build

SCALE = load_scale("lm-demo", ["model.vocab_size=50"])


@pytest.fixture(scope="module")
def model():
    return new_language_model(SCALE.model, 0)


def same(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    return all(torch.equal(weight, other.get_parameter(name)) for name, weight in one.named_parameters())


def test_the_model_of_a_run(tmp_path, model):
    with build(tmp_path / "run", Identity("run", "r", {})) as draft:
        save_run_model(draft.folder, model, SCALE)
    loaded, scale = load_model(tmp_path / "run")
    assert same(model, loaded)
    assert scale.resolved() == SCALE.resolved()


def test_what_is_not_a_run_is_refused(tmp_path, model):
    with build(tmp_path / "pool", Identity("pool", "p", {})) as draft:
        save_run_model(draft.folder, model, SCALE)
    with pytest.raises(InputError, match="a run is needed"):
        load_model(tmp_path / "pool")


@pytest.mark.parametrize("suffix", ["pt", "safetensors"])
def test_a_checkpoint_of_open_lm(tmp_path, model, suffix):
    state = {f"module.{name}": weight for name, weight in model.state_dict().items()}
    state["module.layers.0.attention.pos_embed.inv_freq"] = torch.ones(32)
    path = tmp_path / f"epoch_5.{suffix}"
    if suffix == "pt":
        torch.save({"epoch": 5, "name": "x", "state_dict": state}, path)
    else:
        write_tensors(path, state)
    assert same(model, load_with_scale(path, SCALE))


class Hostile:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("old_format", [False, True])
def test_a_checkpoint_with_code_is_refused_and_not_run(tmp_path, old_format):
    path = tmp_path / "hostile.pt"
    torch.save({"state_dict": Hostile(tmp_path / "ran")}, path, _use_new_zipfile_serialization=not old_format)
    with pytest.raises(InputError, match="could run code") as error:
        load_with_scale(path, SCALE)
    assert "safetensors" in str(error.value)
    assert not (tmp_path / "ran").exists()


def test_a_pickle_under_the_name_of_safetensors_is_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    torch.save({"state_dict": Hostile(tmp_path / "ran")}, path)
    with pytest.raises(InputError, match="not a safetensors file"):
        load_with_scale(path, SCALE)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [b"", b"no checkpoint at all", b"\x80\x02."])
def test_what_is_no_checkpoint_is_refused(tmp_path, content):
    path = tmp_path / "model.pt"
    path.write_bytes(content)
    with pytest.raises(InputError, match="refused"):
        load_with_scale(path, SCALE)


def test_a_state_dict_must_hold_tensors(tmp_path):
    path = tmp_path / "model.pt"
    torch.save({"state_dict": {"a": 1}}, path)
    with pytest.raises(InputError, match="holds no state dict"):
        load_with_scale(path, SCALE)


def test_weights_of_another_shape_are_named(tmp_path, model):
    path = tmp_path / "model.safetensors"
    state = model.state_dict()
    del state["norm.weight"]
    write_tensors(path, state | {"extra": torch.ones(1), "output.weight": torch.ones(3, 64)})
    with pytest.raises(InputError) as error:
        load_with_scale(path, SCALE)
    for part in (
        "norm.weight is missing",
        "extra is not part of the model",
        "output.weight has shape (3, 64), the model (50, 64)",
    ):
        assert part in str(error.value)


def test_absent_files_are_named(tmp_path):
    for name in ("absent.safetensors", "absent.pt"):
        with pytest.raises(InputError, match="no such file"):
            load_with_scale(tmp_path / name, SCALE)


def test_tensors_come_back_as_they_were(tmp_path):
    tensors = {"a": torch.randn(3, 4).T, "b": torch.tensor(2.0), "c": torch.zeros(0, dtype=torch.bfloat16)}
    write_tensors(tmp_path / "x.safetensors", tensors)
    back = read_tensors(tmp_path / "x.safetensors")
    assert back.keys() == tensors.keys()
    assert all(torch.equal(back[name], tensors[name]) for name in tensors)
