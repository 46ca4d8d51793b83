"""A whole experiment, as a user runs it."""

from __future__ import annotations

import json
import re
import resource
import shutil
import signal
import subprocess
import sys
import time

import pytest
import yaml

from assay.base.errors import InputError
from assay.cli import invoke
from assay.experiments.plan import plan
from assay.experiments.spec import load_experiment
from assay.records.store import find_records
from small_experiment import write_experiment


def change(path, **settings):
    value = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump(value | settings))


def command(folder, *more):
    code = "import assay.cli, sys; sys.exit(assay.cli.invoke(sys.argv[1:]))"
    return [sys.executable, "-c", code, "run", str(folder / "experiment.yaml"), *more]


def ids(folder):
    return {record.id for _, record in find_records([folder])}


def test_it_ends_with_a_verdict_and_a_page(finished_experiment):
    (verdict_file,) = finished_experiment.glob("verdicts/*/verdict.json")
    verdict = json.loads(verdict_file.read_text())
    assert {row["recipe"] for row in verdict["recipes"]} == {"no-filter", "wordy"}
    assert verdict["domains"] == ["letters", "notes"]
    assert verdict["recipes"][0]["bits_per_byte"] < 8
    assert re.search(r"lower|not distinguishable", verdict["sentence"])
    assert "hierarchical bootstrap" in verdict["method"]
    page = (finished_experiment / "report.html").read_text()
    assert verdict["sentence"].split(",")[0] in page


def test_the_chain_verifies_back_to_the_raw_files(finished_experiment, capsys):
    (verdict,) = finished_experiment.glob("verdicts/*")
    assert invoke(["verify", str(verdict), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (
        shown["artifacts"] == 1 + 2 + 1 + 2 + 4 + 4 + 1
    )  # pool, datasets, tokenizer, tokens, runs, evaluations, verdict
    checked = {finding["path"] for finding in shown["findings"]}
    assert str(finished_experiment / "pool0.jsonl") in checked


def test_a_changed_raw_file_is_found(finished_experiment, tmp_path, capsys):
    shutil.copytree(finished_experiment, tmp_path / "copy")
    record = tmp_path / "copy" / "pool" / "record.json"
    record.write_text(record.read_text().replace(str(finished_experiment), str(tmp_path / "copy")))
    with (tmp_path / "copy" / "pool1.jsonl").open("a") as file:
        file.write('{"text": "one more"}\n')
    (verdict,) = (tmp_path / "copy").glob("verdicts/*")
    assert invoke(["verify", str(verdict), "--json"]) == 1
    wrong = [f for f in json.loads(capsys.readouterr().out)["findings"] if f["state"] != "same"]
    assert [(finding["state"], finding["path"]) for finding in wrong] == [
        ("changed", str(tmp_path / "copy/pool1.jsonl"))
    ]


def test_a_second_run_does_nothing_quickly(finished_experiment):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    shown = subprocess.run(command(finished_experiment), capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert shown.stdout.startswith("nothing to do")
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 2


def test_a_changed_recipe_makes_again_only_what_depends_on_it(finished_experiment, tmp_path):
    shutil.copytree(finished_experiment, tmp_path, dirs_exist_ok=True)
    change(tmp_path / "wordy.yaml", steps=[{"stop_word_filter": {"min_stop_word": 3}}])
    planned = plan(*load_experiment(tmp_path / "experiment.yaml"), tmp_path)
    missing = [(stage.kind, stage.label) for stage in planned.stages if not stage.done]
    runs = [f"wordy-tiny-seed{seed}" for seed in range(2)]
    expected = [("dataset", "wordy"), ("tokens", "wordy"), ("verdict", "tiny")]
    expected += [(kind, label) for label in runs for kind in ("run", "evaluation")]
    assert sorted(missing) == sorted(expected)


def test_a_dry_run_makes_nothing(tmp_path, capsys):
    path = write_experiment(tmp_path)
    assert invoke(["run", str(path), "--dry-run", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [stage["kind"] for stage in shown["stages"]].count("run") == 4
    assert shown["tokens"] == 4 * 8 * 32 * 12
    assert shown["flops"] > 0
    assert not list(tmp_path.glob("datasets/*"))


@pytest.mark.slow
@pytest.mark.parametrize("wanted", ["datasets", "runs", "evaluations"])
def test_killed_anywhere_it_goes_on_to_the_same_ids(finished_experiment, tmp_path, wanted):
    write_experiment(tmp_path)
    process = subprocess.Popen(
        command(tmp_path, "--workers", "2"), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 120
    while process.poll() is None and not list(tmp_path.glob(f"{wanted}/*")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    subprocess.run(command(tmp_path, "--workers", "2"), check=True, capture_output=True)
    assert ids(tmp_path) == ids(finished_experiment)


def test_the_leaderboard_of_a_finished_experiment(finished_experiment, capsys):
    assert invoke(["report", str(finished_experiment), "--json"]) == 0
    assert "wordy" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"recipe": ["no-filter"]}, "unknown key 'recipe'"),
        ({"recipes": []}, "recipes"),
        ({"recipes": ["no-filter", "no-filter"]}, "two recipes are called 'no-filter'"),
        ({"scales": ["lm-1mm"]}, "unknown scale"),
        ({"suite": "absent.yaml"}, r"absent\.yaml"),
        ({"pool": ["nothing-*.jsonl"]}, "names no file"),
        ({"seeds": 0}, "seeds"),
    ],
)
def test_mistakes_are_explained_before_anything_runs(tmp_path, settings, message):
    path = write_experiment(tmp_path)
    change(path, **settings)
    with pytest.raises(InputError, match=message):
        plan(*load_experiment(path), tmp_path)


def test_broken_heldout_text_is_found_before_anything_is_made(tmp_path, capsys):
    path = write_experiment(tmp_path)
    with (tmp_path / "notes.jsonl").open("a") as file:
        file.write('{"text": ""}\n')
    assert invoke(["run", str(path)]) == 2
    assert "notes.jsonl:13: a held-out document needs a text" in capsys.readouterr().err
    assert not list(tmp_path.glob("datasets/*"))


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        ([{"name": "all", "type": "bits_per_byte", "data": "notes.jsonl"}], "cannot be called 'all'"),
        ([{"name": "q", "type": "multiple_choice", "data": "notes.jsonl"}], "no held-out text"),
    ],
)
def test_a_suite_that_cannot_decide_is_refused(tmp_path, tasks, message):
    path = write_experiment(tmp_path)
    change(tmp_path / "suite.yaml", tasks=tasks)
    with pytest.raises(InputError, match=message):
        plan(*load_experiment(path), tmp_path)
