"""Two processes train as one: over gloo, on CPUs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from assay.models.checkpoints import load_model
from assay.records.record import read_record
from assay.training.language import train
from training.conftest import make_scale
from training.test_language import metrics

STEPS = 50
PROGRAM = """
import json, sys
from pathlib import Path
from assay.models.scales import Scale
from assay.training.language import train
from assay.training.settings import RunSettings
tokens, out, scale, settings = sys.argv[1:]
train(Path(tokens), Scale.model_validate(json.loads(scale)), 0, Path(out), 1, RunSettings(**json.loads(settings)))
"""


def together(processes: int, tokens: Path, out: Path, scale, **settings) -> None:
    """Train with torchrun."""
    program = out.with_suffix(".py")
    program.write_text(PROGRAM)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    arguments = [str(tokens), str(out), json.dumps(scale.resolved()), json.dumps(settings)]
    shown = subprocess.run(
        [*launcher, str(program), *arguments], capture_output=True, text=True, timeout=240, check=False
    )
    assert shown.returncode == 0, shown.stderr


def losses(run: Path) -> list[float]:
    return [row["loss"] for row in metrics(run)]


@pytest.fixture(scope="module")
def alone(tokens, tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone") / "run"
    train(tokens, make_scale(steps=STEPS), 0, folder, threads=1)
    return folder


@pytest.mark.parametrize("sharding", ["ddp", "fsdp"])
@pytest.mark.parametrize("micro", [None, 2])
def test_two_processes_learn_what_one_learns(tokens, alone, tmp_path, sharding, micro):
    scale = make_scale(steps=STEPS, micro_batch_sequences=micro)
    together(2, tokens, tmp_path / "run", scale, sharding=sharding)
    assert losses(tmp_path / "run") == pytest.approx(losses(alone), abs=1e-5)
    record = read_record(tmp_path / "run")
    assert record.metrics["processes"] == 2
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == sorted(path.name for path in alone.iterdir())
    load_model(tmp_path / "run")


CUT = """
import assay.training.loop as loop
whole = loop._Loop._keep
def keep(self, taken, state):
    whole(self, taken, state)
    if state.step == 20:
        self.keeper.settle()
        raise SystemExit(0)
loop._Loop._keep = keep
"""


@pytest.mark.slow
@pytest.mark.parametrize(("first", "then"), [(2, 1), (1, 2)])
@pytest.mark.parametrize("sharding", ["ddp", "fsdp"])
def test_a_run_goes_on_with_another_number_of_processes(tokens, alone, tmp_path, monkeypatch, first, then, sharding):
    scale = make_scale(steps=STEPS)
    monkeypatch.setattr(sys.modules[__name__], "PROGRAM", CUT + PROGRAM)
    together(first, tokens, tmp_path / "run", scale, sharding=sharding, checkpoint_seconds=0)
    assert not (tmp_path / "run").exists()
    monkeypatch.undo()
    together(then, tokens, tmp_path / "run", scale, sharding=sharding)
    assert losses(tmp_path / "run") == pytest.approx(losses(alone), abs=1e-5)
