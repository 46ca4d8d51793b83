"""assay minimize."""

from __future__ import annotations

import json

import numpy as np
import pytest

from assay.cli import invoke
from assay.tropical.network_files import read_network, write_network
from tropical.test_reduce import make_data, make_network


@pytest.fixture
def files(tmp_path):
    network = make_network(1)
    data = make_data(network, 1500)
    write_network(network, tmp_path / "head.safetensors")
    np.savez(tmp_path / "data.npz", data=data, labels=network(data)[:, 0] > 0)
    return tmp_path


def run(folder, *arguments: str) -> int:
    command = ["minimize", str(folder / "head.safetensors"), "--data", str(folder / "data.npz")]
    return invoke([*command, "--out", str(folder / "out"), *arguments])


def test_a_smaller_network_and_what_it_changes(files, capsys):
    assert run(files, "--units", "0.2", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["after"]["units"] == 12
    assert read_network(files / "out" / "network.safetensors").units == 12
    assert shown["comparison"]["auc"][0] == 1
    assert shown["comparison"]["spearman"] > shown["linear_fit"]["spearman"]
    assert shown["samples"] == {"fitted": 1200, "held_out": 300}
    assert invoke(["verify", str(files / "out")]) == 0
    assert run(files, "--units", "0.2") == 0  # there already
    capsys.readouterr()
    assert run(files, "--units", "0.3") == 2
    assert "holds another network" in capsys.readouterr().err


def test_the_fewest_units_that_agree(files, capsys):
    assert run(files, "--min-agreement", "0.97", "--method", "omp", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["comparison"]["agreement"] >= 0.97
    assert shown["after"]["units"] < 60


def test_a_table_for_people(files, capsys):
    assert run(files, "--units", "5", "--method", "l1") == 0
    shown = capsys.readouterr().out
    assert "linear fit" in shown
    assert "1.0000 →" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--units", "many"], "not a number: 'many'"),
        (["--units", "61"], "of the 60 there are"),
        (["--method", "merg"], "did you mean merge or"),
    ],
)
def test_what_a_user_can_get_wrong(files, capsys, arguments, message):
    assert run(files, *arguments) == 2
    assert message in capsys.readouterr().err


def test_data_that_is_none(files, capsys):
    for name, content in {"data.npz": b"text", "empty.npz": b""}.items():
        (files / name).write_bytes(content)
        command = ["minimize", str(files / "head.safetensors"), "--data", str(files / name)]
        assert invoke([*command, "--out", str(files / "out")]) == 2
        assert "not samples" in capsys.readouterr().err
    np.savez(files / "data.npz", other=np.ones(3))
    assert run(files) == 2
    np.save(files / "one.npy", np.ones((1, 8)))
    command = ["minimize", str(files / "head.safetensors"), "--data", str(files / "one.npy")]
    assert invoke([*command, "--out", str(files / "out")]) == 2
    assert "one sample is not enough" in capsys.readouterr().err
