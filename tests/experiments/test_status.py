from __future__ import annotations

import fcntl
import json
import shutil
from pathlib import Path

import pytest

from assay.cli import invoke
from assay.experiments.plan import plan
from assay.experiments.spec import load_experiment
from assay.experiments.status import status
from assay.records.artifact import WORK_FOLDER, partial_folder


@pytest.fixture
def half(finished_experiment: Path, tmp_path: Path) -> Path:
    """The experiment with its last run, and what comes of it, in the making."""
    shutil.copytree(finished_experiment, tmp_path, dirs_exist_ok=True)
    planned = plan(*load_experiment(tmp_path / "experiment.yaml"), tmp_path)
    run, evaluation, verdict = planned.stages[-3:]
    rows = [{"tokens": run.identity.config["scale"]["tokens"] // 4, "loss": 5.5, "tokens_per_second": 1000.0}]
    partial = partial_folder(run.folder, run.identity)
    (partial / WORK_FOLDER).mkdir(parents=True)
    (partial / WORK_FOLDER / "lock").touch()
    (partial / "metrics.jsonl").write_text(json.dumps(rows[0]) + '\n{"tokens": 99')
    for stage in (run, evaluation, verdict):
        shutil.rmtree(stage.folder)
    return partial


def look(folder: Path):
    return status(plan(*load_experiment(folder / "experiment.yaml"), folder))


def test_a_finished_experiment_has_nothing_left(finished_experiment: Path):
    found = look(finished_experiment)
    assert {stage.state for stage in found.stages} == {"done"}
    assert found.training_seconds_left == 0
    assert all(stage.loss and stage.trained == 1 for stage in found.stages if stage.kind == "run")


def test_a_killed_run_is_stopped_and_one_at_work_is_running(half: Path, tmp_path: Path):
    run = look(tmp_path).stages[-3]
    assert (run.state, run.trained, run.loss) == ("stopped", pytest.approx(0.25, abs=1e-3), 5.5)
    with open(half / WORK_FOLDER / "lock", "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert look(tmp_path).stages[-3].state == "running"
    assert [stage.state for stage in look(tmp_path).stages[-2:]] == ["to do", "to do"]


def test_the_time_left_is_that_of_the_tokens_left(half: Path, tmp_path: Path):
    found = look(tmp_path)
    speeds = [stage.tokens_per_second for stage in found.stages if stage.tokens_per_second]
    tokens = found.stages[-3].tokens
    assert tokens
    left = tokens - tokens // 4
    assert found.training_seconds_left == pytest.approx(left / (sum(speeds) / len(speeds)))


def test_nothing_is_known_before_the_first_run(half: Path, tmp_path: Path, capsys):
    for folder in (tmp_path / "runs").iterdir():
        shutil.rmtree(folder)
    assert look(tmp_path).training_seconds_left is None
    assert invoke(["status", str(tmp_path / "experiment.yaml")]) == 0
    assert "not known yet" in capsys.readouterr().out
