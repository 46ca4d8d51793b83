from __future__ import annotations

import json

import pytest

from assay.training.metrics import METRICS_NAME, MetricsLog


def row(step: int) -> dict:
    return {"step": step, "loss": float(step)}


def read(folder) -> list[int]:
    return [json.loads(line)["step"] for line in (folder / METRICS_NAME).read_text().splitlines()]


def test_every_step_of_a_short_run_is_logged(tmp_path):
    log = MetricsLog(tmp_path, 40, 0)
    for step in range(1, 41):
        log.add(row(step))
    assert read(tmp_path) == list(range(1, 41))
    assert log.final_loss() == 39.5  # the last twentieth: steps 39 and 40


def test_a_long_run_logs_a_thousand_steps_and_the_last(tmp_path):
    log = MetricsLog(tmp_path, 5_001, 0)
    for step in range(1, 5_002):
        log.add(row(step))
    assert read(tmp_path) == [*range(5, 5_001, 5), 5_001]


def test_going_on_drops_what_came_after_the_checkpoint(tmp_path):
    log = MetricsLog(tmp_path, 40, 0)
    for step in range(1, 11):
        log.add(row(step))
    with (tmp_path / METRICS_NAME).open("a") as file:
        file.write('{"step": 11, "lo')  # cut by a kill
    log = MetricsLog(tmp_path, 40, 7)
    log.add(row(8))
    assert read(tmp_path) == list(range(1, 9))
    assert log.final_loss() == pytest.approx(8.0)


def test_a_new_start_drops_everything(tmp_path):
    MetricsLog(tmp_path, 5, 0).add(row(1))
    MetricsLog(tmp_path, 5, 0)
    assert read(tmp_path) == []
