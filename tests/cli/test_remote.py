"""Commands on addresses of an S3 server: what is made there, and what reads it from there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assay.cli import invoke
from curation.curation_pools import contents, make_pool
from s3_server import s3_server

DATASET = "s3://bucket/team/dataset"
SMALL = ("--set", "output.shard_size=2KB")


@pytest.fixture(scope="module")
def s3():
    with s3_server("bucket") as files:
        yield files


@pytest.fixture(scope="module")
def pool(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pool")
    make_pool(folder, files=12, documents=100)
    return folder


@pytest.fixture(scope="module")
def local(pool, tmp_path_factory) -> Path:
    """The dataset as it is made in a folder."""
    out = tmp_path_factory.mktemp("local") / "dataset"
    assert invoke(curate(pool, str(out), out)) == 0
    return out


def curate(pool: Path, out: str, work: Path) -> list[str]:
    arguments = ["curate", "--pool", str(pool), "--recipe", "heuristics", *SMALL, "--out", out, "--work", str(work)]
    return [*arguments, "--workers", "1", "--json"]


def command(arguments: list[str]) -> list[str]:
    return [sys.executable, "-c", "import assay.cli, sys; sys.exit(assay.cli.invoke(sys.argv[1:]))", *arguments]


def start_and_wait_for(arguments: list[str], s3, name: str) -> subprocess.Popen:
    """Start a command, and return when it has sent the file."""
    process = subprocess.Popen(command(arguments), stderr=subprocess.PIPE, text=True, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not s3.exists(name):
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        s3.invalidate_cache()
    return process


def fetched(s3, address: str, folder: Path) -> Path:
    s3.invalidate_cache()
    s3.get(f"{address}/", f"{folder}/", recursive=True)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGINT])
def test_a_command_that_is_stopped_while_it_sends_goes_on_there(s3, pool, local, tmp_path, blow):
    out = f"s3://bucket/{blow.name}"
    process = start_and_wait_for(curate(pool, out, tmp_path / "work"), s3, f"{out}/shards/00002.jsonl.zst")
    os.kill(process.pid, blow)
    _, shown = process.communicate(timeout=60)
    assert "Traceback" not in shown
    s3.invalidate_cache()
    before = s3.find(f"{out}/shards", detail=True)
    assert not s3.exists(f"{out}/record.json")
    assert invoke(["inspect", out]) == 2
    subprocess.run(command(curate(pool, out, tmp_path / "work")), check=True, capture_output=True)
    there = fetched(s3, out, tmp_path / "there")
    assert contents(there) == contents(local)
    after = s3.find(f"{out}/shards", detail=True)
    same = [name for name, info in before.items() if after[name]["LastModified"] == info["LastModified"]]
    assert len(after) > len(before)
    assert len(same) >= len(before) - 1  # one may have arrived, and the kill came before that was noted
    assert list((tmp_path / "work").iterdir()) == []


@pytest.fixture(scope="module")
def dataset(s3, pool, tmp_path_factory) -> str:
    """The address of a dataset."""
    assert invoke(curate(pool, DATASET, tmp_path_factory.mktemp("work"))) == 0
    return DATASET


def shown(capsys, *arguments: str) -> str:
    capsys.readouterr()
    assert invoke(list(arguments)) == 0
    return capsys.readouterr().out


def test_it_is_the_dataset_that_is_made_in_a_folder(s3, dataset, local, pool, tmp_path, capsys):
    assert contents(fetched(s3, dataset, tmp_path / "there")) == contents(local)
    again = json.loads(shown(capsys, *curate(pool, dataset, tmp_path / "work")))
    assert again["documents_out"] == 900
    assert not (tmp_path / "work").exists()  # nothing was made again
    other = curate(pool, dataset, tmp_path / "work")
    other[other.index("heuristics")] = "no-filter"
    assert invoke(other) == 2
    assert "holds another dataset (heuristics" in capsys.readouterr().err


def test_its_readers(dataset, local, tmp_path, capsys):
    assert shown(capsys, "inspect", dataset) == shown(capsys, "inspect", str(local))
    assert "2 artifacts" in shown(capsys, "verify", dataset)
    assert {row["kind"] for row in json.loads(shown(capsys, "records", dataset, "--json"))} == {"pool", "dataset"}
    stats = [json.loads(shown(capsys, "pool", "stats", f"{at}/shards", "--json")) for at in (dataset, local)]
    assert stats[0] == stats[1]
    made = []
    for name, at in (("a", dataset), ("b", str(local))):
        options = ["--vocab-size", "300", "--context", "32", "--workers", "1"]
        shown(capsys, "tokenize", "--dataset", at, "--out", str(tmp_path / name), *options)
        made.append(contents(tmp_path / name))
    assert made[0] == made[1]
    assert invoke(["verify", str(tmp_path / "a")]) == 0


def test_statistics(s3, pool, local, tmp_path, capsys):
    address = "s3://bucket/statistics"
    same = ["--pool", str(pool), "--recipe", "heuristics", "--workers", "1"]
    shown(capsys, "measure", *same, "--out", address, "--work", str(tmp_path / "work"))
    shown(capsys, "measure", *same, "--out", str(tmp_path / "statistics"))
    assert contents(fetched(s3, address, tmp_path / "there")) == contents(tmp_path / "statistics")
    slid = ["--set", "page_length_filter.min_length=2", "--json"]
    assert shown(capsys, "inspect", address, *slid) == shown(capsys, "inspect", str(tmp_path / "statistics"), *slid)
    shown(capsys, "curate", *same, *SMALL, "--out", str(tmp_path / "dataset"), "--statistics", address)
    assert contents(tmp_path / "dataset") == contents(local)


def test_a_recipe_and_a_pool_artifact(s3, dataset, local, tmp_path, capsys):
    s3.pipe_file("bucket/mine.yaml", b"extends: heuristics\nsteps: []\noutput: {shard_size: 2KB}\n")
    out = str(tmp_path / "out")
    shown(capsys, "curate", "--pool", f"{dataset}/pool", "--recipe", "s3://bucket/mine.yaml", "--out", out)
    assert contents(tmp_path / "out" / "shards") == contents(local / "shards")
    assert "2 artifacts" in shown(capsys, "verify", out)


def test_a_cluster_needs_a_shared_folder_for_the_draft(pool, capsys):
    for verb in ("curate", "measure"):
        arguments = ["--pool", str(pool), "--recipe", "heuristics", "--out", "s3://bucket/new", "--engine", "ray"]
        assert invoke([verb, *arguments]) == 2
        assert "--work FOLDER, one that all nodes see" in capsys.readouterr().err
