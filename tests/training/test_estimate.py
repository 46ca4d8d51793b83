from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from assay.base.errors import InputError
from assay.cli import invoke
from assay.models.language import new_language_model
from assay.models.scales import LanguageShape, load_scale
from assay.training.estimate import EstimateSettings, activation_numbers, estimate, load_devices, memory_per_device
from assay.training.settings import RunSettings


def kept_numbers(shape: LanguageShape, tokens: int) -> int:
    """Numbers of all tensors that autograd keeps in a forward pass, but weights; each storage once."""
    model = new_language_model(shape, 0)
    weights = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    kept: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.is_floating_point():
            kept.setdefault(tensor.untyped_storage().data_ptr(), tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        model.hidden(torch.zeros((1, tokens), dtype=torch.long)).sum()
    return sum(t.untyped_storage().nbytes() // 4 for storage, t in kept.items() if storage not in weights)


@pytest.mark.parametrize("heads", [4, 1])
def test_activations_are_what_autograd_keeps(heads):
    def kept(layers):
        shape = LanguageShape(width=128, layers=layers, heads=4, key_value_heads=heads, vocab_size=50, hidden=320)
        return kept_numbers(shape, 64), activation_numbers(shape)

    (one, numbers), (three, _) = kept(1), kept(3)
    assert (three - one) / 2 / 64 == pytest.approx(numbers, rel=0.03)


def test_the_parts_of_memory():
    scale = load_scale("dclm-411m-1x")
    parameters = scale.model.parameters
    plain = memory_per_device(scale, 1, RunSettings())
    assert plain["weights"] == plain["gradients"] == 4 * parameters
    assert plain["optimizer"] == 8 * parameters
    assert memory_per_device(scale, 8, RunSettings())["optimizer"] == 8 * parameters
    sharded = memory_per_device(scale, 8, RunSettings(sharding="fsdp"))
    assert sharded["weights"] + sharded["gradients"] + sharded["optimizer"] == 2 * parameters
    kept = memory_per_device(scale, 1, RunSettings(activation_checkpointing=True))["activations"]
    assert kept < plain["activations"] / 4
    assert memory_per_device(scale, 1, RunSettings(precision="float32"))["activations"] > 1.8 * plain["activations"]


def test_fewer_sequences_at_once_take_less():
    scale = load_scale("dclm-411m-1x", ["micro_batch_sequences=1"])
    more = load_scale("dclm-411m-1x", ["micro_batch_sequences=64"])
    one, many = (memory_per_device(each, 1, RunSettings())["activations"] for each in (scale, more))
    assert many == 64 * one
    assert memory_per_device(more, 64, RunSettings())["activations"] == 8 * one


@pytest.mark.parametrize(("name", "hours"), [("dclm-7b-1x", 3700), ("dclm-7b-2x", 7300)])
def test_near_the_hours_that_dclm_published(name, hours):
    found = estimate(load_scale(name), 1, RunSettings(), EstimateSettings())
    h100 = next(option for option in found.options if option["device"] == "h100")
    assert h100["device_hours"] == pytest.approx(hours, rel=0.15)


def test_time_and_cost_follow_from_what_is_assumed():
    scale = load_scale("dclm-411m-1x")
    one = estimate(scale, 1, RunSettings(), EstimateSettings(mfu=0.5, price_per_hour=2))
    eight = estimate(scale, 8, RunSettings(), EstimateSettings(mfu=0.25, price_per_hour=2))
    for a, b, device in zip(one.options, eight.options, load_devices().values(), strict=True):
        assert a["device_hours"] == pytest.approx(float(one.flops) / device.flops / 0.5 / 3600)
        assert b["hours"] == pytest.approx(a["hours"] / 4)
        assert b["cost"] == pytest.approx(2 * a["cost"]) == pytest.approx(2 * b["device_hours"])


def test_a_batch_that_cannot_be_shared():
    with pytest.raises(InputError, match="3 devices do not share a batch of 512"):
        estimate(load_scale("dclm-411m-1x"), 3, RunSettings(), EstimateSettings())


def test_it_needs_no_torch():
    program = "import sys, assay.training.estimate; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_command_trains_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    arguments = ["train", "--scale", "dclm-411m-1x", "--estimate", "--devices", "8", "--set", "run.sharding=fsdp"]
    assert invoke([*arguments, "--set", "estimate.mfu=0.5", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["parameters"] == 411_665_408
    assert found["mfu"] == 0.5
    assert found["memory_per_device"]["weights"] == 411_665_408 // 2
    assert {option["device"] for option in found["options"]} == set(load_devices())
    assert invoke(arguments) == 0
    assert "h100" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_training_needs_data_and_a_place(capsys):
    assert invoke(["train", "--scale", "lm-demo"]) == 2
    assert "--estimate" in capsys.readouterr().err


def test_the_guide_shows_what_the_command_prints(capsys):
    guide = Path(__file__).parents[2] / "docs" / "guides" / "models.md"
    assert invoke(["train", "--scale", "dclm-1b-1x", "--estimate", "--devices", "8"]) == 0
    shown = {" ".join(line.split()) for line in guide.read_text(encoding="utf-8").splitlines()}
    printed = [" ".join(line.split()) for line in capsys.readouterr().out.split("time on")[0].splitlines()]
    for line in printed:
        assert line in shown or line.startswith(("memory of a device", "part")), line
