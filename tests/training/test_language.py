from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from assay.base.errors import InputError
from assay.models.checkpoints import load_model
from assay.models.language import new_language_model
from assay.records.artifact import partial_folder
from assay.records.record import read_record
from assay.records.verify import verify
from assay.tokens.loader import Loader
from assay.training.identity import run_identity
from assay.training.language import train
from assay.training.metrics import SPEED
from assay.training.objective import LanguageObjective
from assay.training.settings import RunSettings
from assay.training.world import World
from training.conftest import make_scale

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="bit for bit holds on CPUs")


def metrics(run: Path) -> list[dict]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def learned(run: Path) -> list[dict]:
    return [{key: value for key, value in row.items() if key not in SPEED} for row in metrics(run)]


def assert_same_run(one: Path, other: Path):
    for name in ("model.safetensors", "scale.json", "tokenizer.json"):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    assert learned(one) == learned(other)
    assert read_record(one).id == read_record(other).id


def test_a_run_folder(tokens, scale, tmp_path):
    record = train(tokens, scale, 7, tmp_path / "run", threads=1)
    assert record.kind == "run"
    assert record.config == {"scale": scale.resolved(), "seed": 7}
    assert record.inputs == [read_record(tokens).id]
    assert {output.path for output in record.outputs} == {
        "model.safetensors", "metrics.jsonl", "scale.json", "tokenizer.json"
    }  # fmt: skip
    assert all(finding.holds for finding in verify([tmp_path / "run"]) if finding.artifact == str(tmp_path / "run"))
    rows = metrics(tmp_path / "run")
    assert [row["step"] for row in rows] == list(range(1, 13))
    assert [row["tokens"] for row in rows] == [step * 256 for step in range(1, 13)]
    assert rows[0]["learning_rate"] == 5e-3
    assert rows[0]["loss"] == pytest.approx(math.log(400), abs=0.7)
    assert record.metrics["tokens"] == scale.tokens
    assert record.metrics["flops"] == 6 * scale.model.parameters * scale.tokens
    assert record.metrics["parameters"] == scale.model.parameters
    assert record.metrics["final_loss"] == rows[-1]["loss"]
    assert record.metrics["threads"] == 1
    assert load_model(tmp_path / "run")[1].resolved() == scale.resolved()


def test_what_is_there_is_not_made_again(tokens, scale, tmp_path):
    first = train(tokens, scale, 0, tmp_path / "run", threads=1)
    assert train(tokens, scale, 0, tmp_path / "run", threads=1) == first
    with pytest.raises(InputError, match="another run"):
        train(tokens, scale, 1, tmp_path / "run", threads=1)


def test_the_seed_decides_all(tokens, scale, tmp_path):
    for name, seed in (("a", 0), ("same", 0), ("other", 1)):
        train(tokens, scale, seed, tmp_path / name, threads=1)
    assert_same_run(tmp_path / "a", tmp_path / "same")
    assert metrics(tmp_path / "a")[0]["loss"] != metrics(tmp_path / "other")[0]["loss"]


PROGRAM = """
import json, sys
from pathlib import Path
from assay.models.scales import Scale
from assay.base.errors import StoppedError
from assay.training.language import train
from assay.training.settings import RunSettings
tokens, out, scale = sys.argv[1:]
try:
    train(Path(tokens), Scale.model_validate(json.loads(scale)), 0, Path(out), 1, RunSettings(checkpoint_seconds=0))
except KeyboardInterrupt:
    sys.exit(130)
except StoppedError as stop:
    sys.exit(0 if "stopped after step" in str(stop) else 1)
"""


@pytest.fixture(scope="module")
def whole(tokens, tmp_path_factory):
    """A run that nothing stopped."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    train(tokens, make_scale(steps=150), 0, folder, threads=1)
    return folder


def test_the_loss_of_real_text_falls(whole):
    assert metrics(whole)[0]["loss"] > 5.5
    assert read_record(whole).metrics["final_loss"] < 4.4


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_goes_on_bit_for_bit(tokens, whole, tmp_path, number):
    scale = make_scale(steps=150)
    out = tmp_path / "stopped"
    identity = run_identity({read_record(tokens).id: tokens}, scale, 0)
    checkpoints = partial_folder(out, identity) / "work" / "checkpoints"
    command = [sys.executable, "-c", PROGRAM, str(tokens), str(out), json.dumps(scale.resolved())]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while not (checkpoints / "00000010").exists() and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.0005)
        process.send_signal(number)
        errors = process.communicate(timeout=60)[1]
    assert process.returncode == {signal.SIGKILL: -number, signal.SIGINT: 130, signal.SIGTERM: 0}[number], errors
    assert not out.exists()
    done = max(int(path.name) for path in checkpoints.glob("[0-9]*") if not path.suffix)
    assert 10 <= done < 150
    if number == signal.SIGINT:
        assert f"stopped after step {done}" in errors

    train(tokens, scale, 0, out, threads=1)
    assert_same_run(out, whole)
    assert not (out / "work").exists()


def test_accumulation_gives_the_gradient_of_the_big_batch(tokens):
    gradients = []
    for micro in (None, 4, 1):
        scale = make_scale(micro_batch_sequences=micro)
        model = new_language_model(scale.model, 0)
        loader = Loader(tokens, scale.batch_sequences, 0)
        with LanguageObjective(model, loader, scale, World(torch.device("cpu"))) as objective:
            loss = objective.backward(3)
        gradients.append([loss, *(weight.grad for weight in model.parameters())])
    for other in gradients[1:]:
        for one, two in zip(gradients[0], other, strict=True):
            torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-6)


def test_divergence_stops_the_run_and_says_what_to_lower(tokens, tmp_path):
    scale = make_scale(optimizer={"learning_rate": 1e30, "warmup_steps": 5})
    with pytest.raises(InputError, match=r"diverged at step \d+: loss") as error:
        train(tokens, scale, 0, tmp_path / "run", 1, RunSettings(checkpoint_seconds=0))
    assert "lower optimizer.learning_rate (it is 1e+30)" in str(error.value)
    assert "tiny-seed0" in str(error.value)
    assert not (tmp_path / "run").exists()


def test_tokens_of_another_length_are_refused(tokens, tmp_path):
    with pytest.raises(InputError) as error:
        train(tokens, make_scale(sequence_length=64), 0, tmp_path / "run")
    assert "sequences of 33 tokens; scale tiny reads 64" in str(error.value)
    assert "--set sequence_length=32" in str(error.value)


def test_a_tokenizer_larger_than_the_model_is_refused(tokens, tmp_path):
    scale = make_scale(model={"width": 16, "layers": 1, "heads": 1, "vocab_size": 300})
    with pytest.raises(InputError) as error:
        train(tokens, scale, 0, tmp_path / "run")
    assert "the model of scale tiny has 300 rows" in str(error.value)
    assert "--set model.vocab_size=400" in str(error.value)


def test_what_is_not_tokens_is_refused(tmp_path, scale):
    with pytest.raises(InputError, match="record.json"):
        train(tmp_path, scale, 0, tmp_path / "run")


def test_many_epochs_are_counted_and_warned_about(tokens, tmp_path, capsys):
    sequences = Loader(tokens, 1, 0).sequences
    steps = 5 * sequences // 64
    scale = make_scale(batch_sequences=64, tokens=steps * 64 * 32, optimizer={"warmup_steps": 1})
    record = train(tokens, scale, 0, tmp_path / "run", threads=1)
    assert record.metrics["epochs"] == pytest.approx(5, rel=0.1)
    assert f"reads these tokens {record.metrics['epochs']:.1f} times" in capsys.readouterr().err


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_threads_and_arithmetic_are_put_back(two_threads, tokens, scale, tmp_path):
    precision = torch.get_float32_matmul_precision()
    train(tokens, scale, 0, tmp_path / "run", threads=1)
    assert (torch.get_num_threads(), torch.get_float32_matmul_precision()) == (2, precision)
    assert read_record(tmp_path / "run").metrics["threads"] == 1
