from __future__ import annotations

import json

import pytest
import torch
from tests.inversion.test_images import mnist

from assay.cli import invoke
from assay.inversion.encoders import ImageEncoder, load_encoder, save_encoder
from assay.inversion.small import SmallEncoder
from assay.records.record import read_record


@pytest.fixture
def teacher(tmp_path):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        encoder = ImageEncoder(SmallEncoder(), 28, (0.5,), (0.5,), source="small-cnn").eval()
    (tmp_path / "teacher").mkdir()
    save_encoder(tmp_path / "teacher", encoder)
    return str(tmp_path / "teacher")


def test_invert_probe_and_robustness(tmp_path, teacher, capsys):
    data, out = str(mnist(tmp_path / "fashion-mnist")), tmp_path / "student"
    command = ["invert", "--encoder", teacher, "--images", data, "--operator", "mask:0.5..0.9", "--out", str(out)]
    options = ["--epochs", "2", "--set", "batch=16", "--threads", "1", "--json"]
    assert invoke([*command, *options]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["images"] == 64
    assert made["quarantined"] == 0
    assert read_record(out).config["operator"] == "mask:0.5..0.9"
    assert load_encoder(out).size == 28
    assert invoke([*command, *options]) == 0  # is there already
    assert json.loads(capsys.readouterr().out) == made
    assert invoke([*command, "--epochs", "3"]) == 2
    assert "holds another encoder" in capsys.readouterr().err

    probe = ["probe", "--encoder", str(out), "--teacher", teacher, "--data", data, "--operator", "mask:0.7"]
    assert invoke([*probe, "--labels", "1.0", "--baselines", "clean-encoder", "--repeats", "2", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {(row["operator"], row["method"]) for row in rows} == {
        ("clean", "student"),
        ("mask:0.7", "student"),
        ("mask:0.7", "clean encoder"),
    }
    assert invoke(["robustness", "--encoder", str(out), "--data", data, "--operator", "clean", "mask:0.9"]) == 0
    assert "mask:0.9" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"--operator": "mask:2"}, "level 2 of mask is out of range"),
        ({"--operator": "rain:1"}, "unknown operator 'rain'"),
        ({"--encoder": "absent"}, "unknown encoder 'absent'"),
        ({"--images": "absent"}, "is not a folder of images"),
        ({"--set": "clean=1"}, "clean"),
        ({"--set": "objective.nothing=1"}, "unknown objective 'nothing'"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, teacher, capsys, changes, message):
    data = str(mnist(tmp_path / "mnist", 16))
    options = {"--encoder": teacher, "--images": data, "--operator": "mask:0.5", "--out": str(tmp_path / "out")}
    assert invoke(["invert", *(part for pair in (options | changes).items() for part in pair)]) == 2
    assert message in capsys.readouterr().err
