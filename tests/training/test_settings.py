"""What a run is carried out with: arithmetic, memory, validation, policies."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from assay.base.errors import InputError, MachineError
from assay.models.checkpoints import load_model
from assay.records.record import read_record
from assay.training.language import train
from assay.training.objective import LanguageObjective
from assay.training.settings import RunSettings
from training.conftest import make_scale
from training.test_language import assert_same_run, metrics


@pytest.fixture(scope="module")
def plain(tokens, tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain") / "run"
    train(tokens, make_scale(steps=30), 0, folder, threads=1)
    return folder


def losses(run):
    return [row["loss"] for row in metrics(run)]


def test_activation_checkpointing_changes_no_bit(tokens, plain, tmp_path):
    train(tokens, make_scale(steps=30), 0, tmp_path / "run", 1, RunSettings(activation_checkpointing=True))
    assert_same_run(plain, tmp_path / "run")


def test_bfloat16_learns_about_the_same(tokens, plain, tmp_path):
    train(tokens, make_scale(steps=30), 0, tmp_path / "run", 1, RunSettings(precision="bfloat16"))
    assert losses(tmp_path / "run") != losses(plain)
    assert losses(tmp_path / "run") == pytest.approx(losses(plain), abs=0.05)
    weights = load_model(tmp_path / "run")[0].state_dict()
    assert {tensor.dtype for tensor in weights.values()} == {torch.float32}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")  # the compiler looks at it
@pytest.mark.filterwarnings("ignore:.torch.jit.script_method. is deprecated")  # the compiler's own
@pytest.mark.parametrize("checkpointing", [False, True])
def test_compiled_layers_learn_the_same(tokens, plain, tmp_path, checkpointing):
    settings = RunSettings(compile=True, activation_checkpointing=checkpointing)
    train(tokens, make_scale(steps=30), 0, tmp_path / "run", 1, settings)
    assert losses(tmp_path / "run") == pytest.approx(losses(plain), abs=1e-4)


def test_rows_say_how_fast_it_went(plain):
    for row in metrics(plain):
        assert row["tokens_per_second"] > 0
        assert 0 < row["mfu"] < 1
        assert 0 <= row["data_wait"] < 1
        assert row["memory"] > 1e7


@pytest.fixture(scope="module")
def held_out(tmp_path_factory):
    texts = ["The assert statement is a way to insert checks.", "Names – ünïcode 😀 – refer to objects.\n" * 3]
    path = tmp_path_factory.mktemp("held") / "out.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    return path, texts


def test_validation_by_domain(tokens, tmp_path, held_out):
    path, texts = held_out
    settings = RunSettings(validation={"docs": str(path), "again": [str(path)]}, validation_steps=12)
    record = train(tokens, make_scale(steps=30), 0, tmp_path / "run", 1, settings)
    measured = {row["step"]: row["bits_per_byte"] for row in metrics(tmp_path / "run") if "bits_per_byte" in row}
    assert list(measured) == [12, 24, 30]
    assert record.metrics["bits_per_byte"] == measured[30]
    assert measured[30]["docs"] == measured[30]["again"] < measured[12]["docs"]
    assert measured[30]["docs"] == pytest.approx(bits_by_hand(tmp_path / "run", texts), rel=1e-5)


def bits_by_hand(run, texts):
    """The texts one after another, full contexts, end-of-text not counted."""
    from assay.tokens.tokenizer import load_tokenizer

    model, scale = load_model(run)
    tokenizer, context = load_tokenizer(run), scale.sequence_length
    ids = [tokenizer.end_of_text]
    for text in texts:
        ids += [*tokenizer.encode(text), tokenizer.end_of_text]
    nats = 0.0
    for start in range(0, len(ids) - 1, context):
        piece = torch.tensor(ids[start : start + context + 1])
        chances = model(piece[None, :-1])[0].log_softmax(-1)
        nats -= sum(chances[k, t].item() for k, t in enumerate(piece[1:]) if t != tokenizer.end_of_text)
    return nats / np.log(2) / sum(len(text.encode()) for text in texts)


def test_validation_changes_nothing_of_the_run(tokens, plain, tmp_path, held_out):
    train(tokens, make_scale(steps=30), 0, tmp_path / "run", 1, RunSettings(validation={"docs": str(held_out[0])}))
    assert losses(tmp_path / "run") == losses(plain)
    assert read_record(tmp_path / "run").id == read_record(plain).id


def test_held_out_files_without_text_are_refused(tokens, tmp_path):
    (tmp_path / "bad.jsonl").write_text('{"text": "fine"}\n{"title": "no text"}\n')
    with pytest.raises(InputError, match="needs a text") as error:
        train(tokens, make_scale(), 0, tmp_path / "run", 1, RunSettings(validation={"x": str(tmp_path / "bad.jsonl")}))
    assert error.value.where.endswith("bad.jsonl:2")


def spoil(monkeypatch, steps, value):
    """Let the gradients of some steps be what a bad batch could make of them."""
    backward = LanguageObjective.backward

    def spoiled(self, step):
        loss = backward(self, step)
        if step in steps:
            for weight in self.model.parameters():
                weight.grad.mul_(value)
        return loss * value if step in steps else loss

    monkeypatch.setattr(LanguageObjective, "backward", spoiled)


@pytest.mark.parametrize("value", [float("nan"), 1e6])
def test_bad_steps_are_left_out(tokens, tmp_path, monkeypatch, value):
    spoil(monkeypatch, {80, 81, 90}, value)
    scale = make_scale(steps=120, optimizer={"spikes": "skip"})
    record = train(tokens, scale, 0, tmp_path / "run", threads=1)
    assert record.metrics["skipped_steps"] == 3
    assert record.metrics["final_loss"] < 4.7


def test_a_run_ends_at_a_spike_when_told_to(tokens, tmp_path, monkeypatch):
    spoil(monkeypatch, {80}, 1e6)
    with pytest.raises(InputError, match="a spike at step 81") as error:
        train(tokens, make_scale(steps=120, optimizer={"spikes": "stop"}), 0, tmp_path / "run", threads=1)
    assert "the last checkpoint is kept" in str(error.value)


def test_weights_that_do_not_move_end_the_run(tokens, tmp_path, monkeypatch):
    spoil(monkeypatch, range(10, 100), float("nan"))
    with pytest.raises(InputError, match="diverged at step 27"):
        train(tokens, make_scale(steps=120, optimizer={"spikes": "skip"}), 0, tmp_path / "run", threads=1)


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("DefaultCPUAllocator: can't allocate memory")]
)
def test_out_of_memory_says_what_to_lower(tokens, tmp_path, monkeypatch, error):
    def fail(self, step):
        raise error

    monkeypatch.setattr(LanguageObjective, "backward", fail)
    with pytest.raises(MachineError, match="not enough memory") as shown:
        train(tokens, make_scale(), 0, tmp_path / "run", threads=1)
    for lower in ("micro_batch_sequences=4", "run.activation_checkpointing=true", "run.sharding=fsdp"):
        assert lower in str(shown.value)


def test_trackers_see_every_row(tokens, tmp_path, monkeypatch, held_out):
    seen = []
    service = SimpleNamespace(
        init=lambda **about: seen.append(about), log=lambda values, step: seen.append((step, values))
    )
    monkeypatch.setitem(sys.modules, "trackio", service)
    settings = RunSettings(track=["trackio"], validation={"docs": str(held_out[0])})
    train(tokens, make_scale(), 0, tmp_path / "run", 1, settings)
    assert seen[0] == {"project": "assay", "name": "dataset tiny-seed0"}
    assert [step for step, _ in seen[1:]] == list(range(1, 13))
    assert seen[-1][1]["bits_per_byte/docs"] == metrics(tmp_path / "run")[-1]["bits_per_byte"]["docs"]


def test_a_tracker_that_is_not_installed_is_named(tokens, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(MachineError, match="wandb") as error:
        train(tokens, make_scale(), 0, tmp_path / "run", 1, RunSettings(track=["wandb"]))
    assert "assay[track]" in str(error.value)
