from __future__ import annotations

import json

import numpy as np
import pytest

from assay.cli import invoke
from scaling.conftest import TRUE

pytestmark = pytest.mark.filterwarnings("ignore::assay.scaling.checks.ScalingWarning")


@pytest.fixture
def table(tmp_path):
    """Five sizes, three multipliers, one training set."""
    lines = ["params,tokens,loss,error"]
    for params in np.geomspace(1e7, 1e9, 5):
        for multiplier in (20, 80, 320):
            loss = float(TRUE.loss(params, multiplier * params))
            lines.append(f"{params},{multiplier * params},{loss},{0.8 * np.exp(-8 * np.exp(-1.3 * loss))}")
    path = tmp_path / "runs.csv"
    path.write_text("\n".join(lines))
    return path


def test_a_fit_in_words(table, tmp_path, capsys):
    page = tmp_path / "new" / "fit.html"
    arguments = ["--testbed", str(table), "--target-params", "7B", "--target-tokens", "140B", "--page", str(page)]
    assert invoke(["fit", *arguments, "--tasks"]) == 0
    shown = capsys.readouterr().out
    for part in ("eta", "80 % interval", "7B parameters on 140B tokens", "back-test:", "in sample:", "predictable"):
        assert part in shown
    assert page.stat().st_size > 100_000


def test_a_fit_for_programs(table, capsys):
    assert invoke(["fit", "--testbed", str(table), "--target-params", "7B", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["forecast"]["tokens"] == 140_000_000_000
    low, high = shown["forecast"]["loss_interval"]["80"]
    assert low < TRUE.loss(7e9, 1.4e11) < high
    assert shown["forecast"]["backtested"]
    assert {"name", "loss", "loss_relative_error", "error_relative_error"} <= shown["heldout"][0].keys()


def test_the_papers_preset_on_the_published_models(shared_data, capsys, golden_law):
    arguments = ["--testbed", str(shared_data / "scaling_testbed.csv"), "--train-set", "c4", "--loss", "c4_eval"]
    assert invoke(["fit", *arguments, "--preset", "paper", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["law"]["E"] == pytest.approx(golden_law["E"], abs=1e-4)
    assert (shown["law"]["a"], shown["law"]["b"]) == pytest.approx((golden_law["a"], golden_law["b_paper"]), rel=5e-4)
    assert len(shown["heldout"]) == 29


@pytest.fixture
def golden_law(shared_data):
    return json.loads((shared_data / "scaling_golden.json").read_text())["loss_law"]["c4"]["c4_eval"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--target-tokens", "9B"], "--target-tokens goes with --target-params"),
        (["--train-set", "c4"], "unknown training set 'c4'"),
        (["--loss", "ptb"], "unknown loss 'ptb'"),
        (["--task", "piqa"], "unknown task 'piqa'"),
        (["--preset", "paper"], "is not among the runs"),
        (["--hold-out", "1"], "no run has at most 1 FLOPs"),
        (["--preset", "papr"], "papr"),
    ],
)
def test_wrong_usage_is_said(table, capsys, arguments, message):
    assert invoke(["fit", "--testbed", str(table), *arguments]) == 2
    shown = capsys.readouterr()
    assert message in shown.err + shown.out


def test_which_of_several_sets_must_be_said(table, capsys):
    text = table.read_text().splitlines()
    grouped = [f"{line},{'one' if row % 2 else 'other'}" for row, line in enumerate(text)]
    table.write_text("\n".join([text[0] + ",group", *grouped[1:]]))
    assert invoke(["fit", "--testbed", str(table)]) == 2
    assert "--train-set: say which of one, other" in capsys.readouterr().err


def test_runs_that_lack_the_loss_are_told(table, capsys):
    lines = table.read_text().splitlines()
    table.write_text("\n".join([*lines, "5e8,1e10,,0.5"]))
    assert invoke(["fit", "--testbed", str(table), "--tasks"]) == 0
    assert "note: 1 runs have no loss and were left out" in capsys.readouterr().out


def test_a_plan_for_a_scale(capsys):
    assert invoke(["plan", "--budget", "3e19", "--target", "dclm-1b-1x", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["flops"] <= 3e19
    assert shown["target"]["tokens"] == pytest.approx(28.8e9, rel=0.01)
    assert 0 < shown["interval_half_width"]["80"] < shown["interval_half_width"]["95"]
    assert invoke(["plan", "--budget", "3e19", "--target-params", "1.4B"]) == 0
    assert "interval of the loss to expect" in capsys.readouterr().out


def test_a_plan_needs_a_budget_and_one_target(capsys):
    assert invoke(["plan", "--budget", "1e12"]) == 2
    assert "pay for no ladder" in capsys.readouterr().err
    assert invoke(["plan", "--budget", "3e19", "--target", "dclm-1b-1x", "--target-params", "1B"]) == 2
    assert "is a scale" in capsys.readouterr().err
