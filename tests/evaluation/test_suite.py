from __future__ import annotations

import gzip
import subprocess
import sys

import pytest
import yaml

from assay.base.errors import InputError
from assay.catalog import catalog_path
from assay.evaluation.aggregates import aggregated_tasks
from assay.evaluation.suite import evaluation_identity, load_suite, tasks_folder
from evaluation.conftest import write_rows

ROWS = [{"text": "held out"}]
TASKS = [
    {"name": "handbook", "type": "bits_per_byte", "data": "handbook.jsonl"},
    {"name": "copa", "type": "multiple_choice", "data": ["cr/copa.jsonl"], "baseline": 0.5},
]


@pytest.fixture
def folder(tmp_path):
    write_rows(tmp_path / "handbook.jsonl", ROWS)
    write_rows(tmp_path / "cr" / "copa.jsonl", [{"query": "q", "choices": ["a", "b"], "gold": 0}])
    return tmp_path


def write(folder, tasks=TASKS, **keys):
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump({"tasks": tasks, **keys}))
    return path


def test_a_suite_from_a_file(folder):
    suite = load_suite(write(folder), overrides=["tasks.1.num_fewshot=5"])
    assert suite.name == "mine"
    assert [task.name for task in suite.tasks] == ["handbook", "copa"]
    assert suite.identity()["tasks"][1]["num_fewshot"] == 5
    assert suite.heldout_files() == [str(folder / "handbook.jsonl")]


def test_identity_is_content_and_settings_not_place(folder, tmp_path_factory):
    path = write(folder)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for name in ("handbook.jsonl", "cr/copa.jsonl"):
        (elsewhere / name).parent.mkdir(exist_ok=True)
        (elsewhere / name).write_bytes((folder / name).read_bytes())
    run = {"1" * 64: folder}
    first = evaluation_identity(run, load_suite(path)).id
    assert evaluation_identity(run, load_suite(path, data=elsewhere)).id == first
    assert evaluation_identity(run, load_suite(path, overrides=["tasks.1.num_fewshot=1"])).id != first
    write_rows(elsewhere / "handbook.jsonl", [{"text": "other"}])
    assert evaluation_identity(run, load_suite(path, data=elsewhere)).id != first


def test_data_may_be_packed_and_elsewhere(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "handbook.jsonl.gz").write_bytes(gzip.compress((folder / "handbook.jsonl").read_bytes()))
    suite = load_suite(write(folder), data=elsewhere)
    assert suite.tasks[0].data == [str(elsewhere / "handbook.jsonl.gz")]
    assert suite.tasks[1].data == [str(folder / "cr" / "copa.jsonl")]


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        (
            [{"type": "bits_per_bite", "name": "a", "data": "b"}],
            r"task 1 \(a\): unknown .*\nhint: did you mean bits_per_byte",
        ),
        (
            [{**TASKS[1], "num_fewshots": 3}],
            r"task 1 \(copa\): unknown key 'num_fewshots'\nhint: did you mean num_fewshot",
        ),
        ([{**TASKS[1], "num_fewshot": -1}], r"task 1 \(copa\): num_fewshot: Input should be greater"),
        ([TASKS[0], {"name": "b", "type": "bits_per_byte"}], r"task 2 \(b\): data: Field required"),
        (
            [{**TASKS[0], "data": "absent.jsonl"}],
            r"there are no data files below .* of handbook \(absent.jsonl\)\nhint: .*--data DIR.*assay tasks fetch",
        ),
        ([TASKS[0], TASKS[0]], "two tasks are called 'handbook'"),
        (["copa"], "task 1: a task is a mapping"),
        ([], "a suite needs a list under the key 'tasks'"),
    ],
)
def test_what_is_wrong_and_where(folder, tasks, message):
    with pytest.raises(InputError, match=f"(?s)mine.yaml.*{message}"):
        load_suite(write(folder, tasks))


def test_unknown_suites_and_keys_have_near_misses(folder):
    with pytest.raises(InputError, match=r"unknown suite 'smal-choice'\nhint: did you mean small-choice"):
        load_suite("smal-choice")
    with pytest.raises(InputError, match=r"unknown key 'nmae'\nhint: did you mean name"):
        load_suite(write(folder, nmae="x"))


@pytest.mark.parametrize("path", sorted(catalog_path("suites").glob("*.yaml")), ids=lambda path: path.stem)
def test_suites_of_the_catalog_load(path, shared_data):
    suite = load_suite(path.stem, data=shared_data / "lm_eval", skip_missing=True)
    assert suite.name == path.stem
    assert all(task.baseline is not None for task in suite.tasks)
    assert suite.heldout_files() == []


def test_suites_of_dclm_are_what_they_are_called(shared_data):
    suites = {name: load_suite(name, data=shared_data / "lm_eval", skip_missing=True) for name in ("core", "extended")}
    tasks = aggregated_tasks()
    assert [task.name for task in suites["core"].tasks] == [name for name in tasks if tasks[name].core]
    assert [task.name for task in suites["extended"].tasks] == [name for name in tasks if "gpqa" not in name]
    assert all(task.baseline == tasks[task.name].baseline["v2"] for task in suites["extended"].tasks)
    assert all(task.max_seq_len == 2048 for task in suites["core"].tasks)


def test_tasks_without_data_are_left_out_on_demand(folder, capsys):
    path = write(folder, [*TASKS, {"name": "far", "type": "bits_per_byte", "data": "far.jsonl"}])
    assert [task.name for task in load_suite(path, skip_missing=True).tasks] == ["handbook", "copa"]
    assert "left out, for want of their data: far (far.jsonl)" in capsys.readouterr().err
    (folder / "handbook.jsonl").unlink()
    (folder / "cr" / "copa.jsonl").unlink()
    with pytest.raises(InputError, match=r"of handbook .*, copa .*, far"):
        load_suite(path, skip_missing=True)


def test_only_some_tasks(folder):
    path = write(folder, [*TASKS, {"name": "far", "type": "bits_per_byte", "data": "far.jsonl"}])
    assert [task.name for task in load_suite(path, only=["copa", "handbook"]).tasks] == ["copa", "handbook"]
    with pytest.raises(InputError, match="unknown task 'cola'\nhint: did you mean copa"):
        load_suite(path, only=["cola"])


def test_tasks_of_another_suite(folder):
    write(folder)
    chosen = folder / "chosen.yaml"
    chosen.write_text(yaml.safe_dump({"from": str(folder / "mine.yaml"), "labels": ["copa"]}))
    suite = load_suite(chosen)
    assert (suite.name, [task.name for task in suite.tasks]) == ("chosen", ["copa"])
    chosen.write_text(yaml.safe_dump({"from": str(folder / "mine.yaml"), "labels": ["cola"]}))
    with pytest.raises(InputError, match="unknown task 'cola'\nhint: did you mean copa"):
        load_suite(chosen)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"from": "chosen.yaml"}, "chosen.yaml takes its tasks from another suite itself"),
        ({"from": "mine.yaml", "labels": "copa"}, "'labels' must be a list"),
        ({"from": "absent.yaml"}, "absent.yaml: no such file"),
    ],
)
def test_tasks_of_what_is_no_suite(folder, monkeypatch, value, message):
    monkeypatch.chdir(folder)
    write(folder)
    (folder / "chosen.yaml").write_text(yaml.safe_dump(value))
    with pytest.raises(InputError, match=message):
        load_suite("chosen.yaml")


def test_data_lie_where_fetch_puts_them(folder, tmp_path_factory, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    path = write(folder, [TASKS[1]])
    there = tasks_folder() / "cr" / "copa.jsonl"
    there.parent.mkdir(parents=True)
    (folder / "cr" / "copa.jsonl").rename(there)
    assert load_suite(path).tasks[0].data == [str(there)]


def test_reading_a_suite_loads_no_torch(folder):
    code = "import sys; from assay.evaluation.suite import load_suite; load_suite(sys.argv[1])"
    code += "; print('torch' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code, str(write(folder))], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"
