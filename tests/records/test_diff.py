from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from assay.base.errors import InputError
from assay.cli import invoke
from assay.records.artifact import Identity, build
from assay.records.diff import ABSENT, differences
from assay.records.record import read_record


def make(folder: Path, kind: str, config: dict, parents: list[Path], text: str = "x") -> Path:
    inputs = {read_record(parent).id: parent for parent in parents}
    with build(folder, Identity(kind, folder.name, config, inputs)) as draft:
        (draft.folder / "data.txt").write_text(text)
        draft.metrics["size"] = len(text)
    return folder


def chain(root: Path, minimum: int, rate: float = 0.1) -> Path:
    pool = make(root / "pool", "pool", {}, [])
    recipe = {"recipe": [{"step": "a"}, {"step": "b", "minimum": minimum}]}
    dataset = make(root / "dataset", "dataset", recipe, [pool], "d" * minimum)
    return make(root / "run", "run", {"optimizer": {"rate": rate}}, [dataset])


def test_the_cause_is_found_in_the_inputs_and_comes_first(tmp_path: Path):
    found = differences(chain(tmp_path / "a", 3), chain(tmp_path / "b", 4))
    assert (found[0].artifact, found[0].part, found[0].key) == ("dataset", "config", "recipe[1].minimum")
    assert (found[0].a, found[0].b) == (3, 4)
    assert {(each.artifact, each.part) for each in found} == {
        ("dataset", "config"),
        ("dataset", "metrics"),
        ("dataset", "outputs"),
        ("", "inputs"),
    }


def test_the_same_made_twice_differs_in_nothing(tmp_path: Path, capsys):
    a, b = chain(tmp_path / "a", 3), chain(tmp_path / "b", 3)
    assert differences(a, b) == []
    assert invoke(["diff", str(a), str(b)]) == 0
    assert "the same id" in capsys.readouterr().out


def test_one_id_with_other_bytes_is_a_difference(tmp_path: Path, capsys):
    a = make(tmp_path / "a" / "pool", "pool", {}, [], "one")
    b = make(tmp_path / "b" / "pool", "pool", {}, [], "two")
    assert [each.part for each in differences(a, b)] == ["outputs"]
    assert invoke(["diff", str(a), str(b), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["same_id"] is True


def test_settings_that_only_one_has(tmp_path: Path):
    a = make(tmp_path / "a", "run", {"seed": 0, "z": {"loss": 1}}, [])
    b = make(tmp_path / "b", "run", {"seed": 0}, [])
    found = {each.key: (each.a, each.b) for each in differences(a, b) if each.part == "config"}
    assert found == {"z.loss": (1, ABSENT)}


def test_an_input_that_is_gone_is_told_by_its_id(tmp_path: Path):
    a, b = chain(tmp_path / "a", 3), chain(tmp_path / "b", 4)
    shutil.rmtree(tmp_path / "a" / "dataset")
    found = differences(a, b)
    assert [(each.artifact, each.part) for each in found] == [("", "inputs")]


def test_a_folder_without_a_record_is_named(tmp_path: Path):
    with pytest.raises(InputError, match=r"record\.json"):
        differences(tmp_path, tmp_path)
