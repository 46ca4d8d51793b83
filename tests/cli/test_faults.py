"""Every stage, as its own command: a disk that fills up, and Ctrl-C. Nothing is lost, and the same command goes on."""

from __future__ import annotations

import json
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from curation.curation_pools import contents
from small_experiment import SCALE, page, write_experiment

CODE = "import assay.cli, sys; sys.exit(assay.cli.invoke(sys.argv[1:]))"
STAGES = {
    "curate": ["curate", "--pool", "pool1.jsonl", "pool2.jsonl", "--recipe", "wordy.yaml", "--workers", "1"],
    "tokenize": ["tokenize", "--dataset", "curate", "--tokenizer", "bpe", "--context", "32", "--workers", "1"],
    "train": ["train", "--dataset", "tokenize", "--scale", "long.yaml", "--threads", "1"],
    "evaluate": ["evaluate", "--run", "train", "--suite", "suite.yaml", "--threads", "1"],
}


def command(stage: str, out: str | None = None) -> list[str]:
    return [sys.executable, "-c", CODE, *STAGES[stage], "--out", out or stage]


@pytest.fixture(scope="module")
def done(tmp_path_factory) -> Path:
    """A folder in which every stage was run undisturbed."""
    from assay.tokens.tokenizer import train_tokenizer

    folder = tmp_path_factory.mktemp("stages")
    write_experiment(folder)
    rng = random.Random(1)
    pages = ({"id": f"l{n}", "text": page(rng, 300)} for n in range(2000))  # so that no stage is over in an instant
    (folder / "pool2.jsonl").write_text("".join(json.dumps(row) + "\n" for row in pages))
    long = SCALE | {"name": "long", "tokens": 8 * 32 * 150}
    (folder / "long.yaml").write_text(yaml.safe_dump(long))
    for stage in STAGES:
        if stage == "tokenize":
            train_tokenizer(folder / "curate", 400, folder / "bpe")
        subprocess.run(command(stage), cwd=folder, check=True, capture_output=True)
    return folder


def without_speed(folder: Path) -> dict[str, str]:
    return {name: digest for name, digest in contents(folder).items() if name != "metrics.jsonl"}


@pytest.mark.parametrize("stage", STAGES)
def test_a_full_disk_is_said_and_the_command_goes_on(done, stage):
    def small_files_only():
        resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    again = command(stage, f"{stage}-full")
    shown = subprocess.run(again, cwd=done, capture_output=True, text=True, preexec_fn=small_files_only, check=False)
    assert shown.returncode == 1, shown.stderr
    assert "File too large" in shown.stderr
    assert "hint: free some space" in shown.stderr
    assert "Traceback" not in shown.stderr
    assert not (done / f"{stage}-full").exists()
    subprocess.run(again, cwd=done, check=True, capture_output=True)
    assert without_speed(done / f"{stage}-full") == without_speed(done / stage)


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_ctrl_c_is_said_and_the_command_goes_on(done, stage):
    again = command(stage, f"{stage}-stopped")
    process = subprocess.Popen(again, cwd=done, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    while process.poll() is None and not list(done.glob(f"{stage}-stopped*/**/*")):
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    _, shown = process.communicate(timeout=60)
    assert process.returncode == 130, shown
    assert "run the same command again" in shown
    assert "Traceback" not in shown
    subprocess.run(again, cwd=done, check=True, capture_output=True)
    assert without_speed(done / f"{stage}-stopped") == without_speed(done / stage)


def test_a_report_that_cannot_be_written_leaves_the_old_one(done):
    (done / "page.html").write_text("old")

    def small_files_only():
        resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    report = [sys.executable, "-c", CODE, "report", "train", "--out", "page.html"]
    shown = subprocess.run(report, cwd=done, capture_output=True, text=True, preexec_fn=small_files_only, check=False)
    assert (shown.returncode, (done / "page.html").read_text()) == (1, "old")
    assert "hint: free some space" in shown.stderr


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("cut.jsonl.gz", None, "truncated gzip"),
        ("bytes.jsonl", b'{"text": "fine"}\n{"text": "\xff\xfe"}\n', "UTF-8"),
        ("list.jsonl", b'{"text": "fine"}\n[1]\n', "object"),
        ("empty.jsonl", b"", "empty file"),
    ],
)
def test_bad_rows_are_counted_by_reason(tmp_path, monkeypatch, capsys, name, data, reason):
    import gzip

    from assay.cli import invoke

    monkeypatch.chdir(tmp_path)
    rows = b"".join(json.dumps({"text": f"row {n} of many"}).encode() + b"\n" for n in range(2000))
    Path(name).write_bytes(gzip.compress(rows)[:-400] if data is None else data)
    Path("good.jsonl").write_bytes(rows)
    arguments = ["curate", "--pool", name, "good.jsonl", "--recipe", "no-filter", "--out", "out", "--json"]
    assert invoke([*arguments, "--workers", "1"]) == 0
    funnel = json.loads(capsys.readouterr().out)
    assert funnel["quarantined"] == 1
    assert reason in next(iter(funnel["quarantine_reasons"]))
    assert funnel["documents_in"] == funnel["documents_out"] >= 2000


def test_a_missing_column_names_what_there_is(tmp_path, monkeypatch, capsys):
    from assay.cli import invoke

    monkeypatch.chdir(tmp_path)
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"prose": ["a"], "key": ["b"]}), "a.parquet")
    arguments = ["curate", "--pool", "a.parquet", "--recipe", "no-filter", "--out", "out", "--workers", "1"]
    assert invoke(arguments) == 2
    shown = capsys.readouterr().err
    assert "prose" in shown
    assert "--columns text=" in shown
    assert invoke([*arguments, "--columns", "text=prose"]) == 0
