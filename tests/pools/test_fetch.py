"""Pools of Common Crawl: from a server that has its layout, and its bad days."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from assay.base.errors import InputError, MachineError
from assay.cli import invoke
from assay.pools import download, fetch
from assay.pools.columns import Columns
from assay.pools.commoncrawl import Listed, Sample, crawl_names, dclm_crawls, files_of_scale, read_manifest, read_paths
from assay.pools.download import Patience, Target
from assay.pools.pool import describe_pool, pool_files
from assay.records.verify import verify
from pools.crawl_server import CRAWL, OTHER_CRAWL, running, write_crawl
from s3_server import s3_server

pytest.importorskip("requests")

HASTY = Patience(attempts=4, first=0.01, longest=0.05)
SAMPLE = Sample((CRAWL,), 5, seed=3)


@pytest.fixture(scope="module")
def crawls(tmp_path_factory):
    """A folder with two crawls, and the paths of the first."""
    folder = tmp_path_factory.mktemp("commoncrawl")
    write_crawl(folder, OTHER_CRAWL, 4)
    write_crawl(folder, kind="wet", files=3)
    return folder, write_crawl(folder)


@pytest.fixture
def server(crawls):
    with running(crawls[0]) as server:
        yield server


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    monkeypatch.setattr(fetch, "_PER_SECOND", 10_000)


def run(selection, out, server):
    return fetch.fetch(selection, out, server.address, patience=HASTY)


def chosen(record) -> list[str]:
    return [output.path for output in record.outputs if output.path != "manifest.jsonl"]


def test_a_pool(server, crawls, tmp_path, read):
    folder, paths = crawls
    record = run(SAMPLE, tmp_path / "pool", server)
    assert len(chosen(record)) == 5
    assert set(chosen(record)) <= set(paths)
    for path in chosen(record):
        assert (tmp_path / "pool" / path).read_bytes() == (folder / path).read_bytes()
    files = pool_files(record, tmp_path / "pool")
    assert len(files) == 5
    assert all(len(read(file.path).rows) == 30 for file in files)
    assert all(finding.holds for finding in verify([tmp_path / "pool"]))


def test_the_id_is_that_of_the_files_wherever_they_came_from(server, crawls, tmp_path):
    record = run(SAMPLE, tmp_path / "pool", server)
    again = fetch.fetch(SAMPLE, tmp_path / "mirrored", str(crawls[0]))
    by_hand = describe_pool([str(tmp_path / "pool" / "crawl-data")], Columns())
    assert record.id == again.id == by_hand.id
    assert [(entry.path, entry.sha256) for entry in record.outputs[:-1]] == [
        (os.path.relpath(entry.path, tmp_path / "pool"), entry.sha256) for entry in by_hand.outputs
    ]


def test_a_second_run_asks_for_nothing(server, tmp_path):
    record = run(SAMPLE, tmp_path / "pool", server)
    server.log.clear()
    assert run(SAMPLE, tmp_path / "pool", server) == record
    assert server.log == []
    with pytest.raises(InputError, match="holds another pool"):
        run(Sample((CRAWL,), 6, seed=3), tmp_path / "pool", server)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_sample_depends_on_the_seed_alone(server, crawls, seed):
    def sample(files, crawls=(CRAWL, OTHER_CRAWL)):
        return fetch.preview(Sample(crawls, files, seed), server.address).paths

    largest = sample(16)
    assert sample(3) == largest[:3]
    assert sample(16, (OTHER_CRAWL, CRAWL)) == largest
    assert largest == sorted(largest, key=lambda path: hashlib.sha256(f"{seed}\n{path}".encode()).digest())
    index = crawls[0] / "crawl-data" / CRAWL / "warc.paths.gz"
    before = index.read_bytes()
    lines = gzip.decompress(before).splitlines(keepends=True)
    index.write_bytes(gzip.compress(b"".join(random.Random(0).sample(lines, len(lines)))))
    try:
        assert sample(16) == largest
    finally:
        index.write_bytes(before)


def test_another_seed_takes_others(server):
    first, second = (fetch.preview(Sample((CRAWL,), 6, seed), server.address).paths for seed in (0, 1))
    assert set(first) != set(second)


def test_a_preview_fetches_nothing(server, crawls):
    found = fetch.preview(SAMPLE, server.address)
    assert found.bytes == sum((crawls[0] / path).stat().st_size for path in found.paths)
    assert [method for method, path, _ in server.log if path.endswith("warc.gz")] == ["HEAD"] * 5


FAULTS = {
    "server errors": ["500", "502", "429"],
    "a rest is asked for": ["503"],
    "the connection is reset": ["resets", "resets"],
    "the body is cut": ["cuts", "cuts"],
    "ranges are ignored": ["cuts", "ignores ranges"],
    "a cut, and errors when it goes on": ["cuts", "500", "resets"],
    "the length is too small": ["says too little"],
    "no length": ["says no length"],
    "nothing to resume by": ["cuts, no tag", "cuts", "cuts"],
    "a checksum that is wrong once": ["wrong MD5"],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_day_of_the_server(server, crawls, tmp_path, fault):
    path = crawls[1][0]
    server.faults[path] = list(FAULTS[fault])
    selection = Listed("one", (Target(path),))
    started = time.monotonic()
    record = run(selection, tmp_path / "pool", server)
    assert (tmp_path / "pool" / path).read_bytes() == (crawls[0] / path).read_bytes()
    assert record.outputs[0].sha256 == hashlib.sha256((crawls[0] / path).read_bytes()).hexdigest()
    assert server.faults[path] == []
    assert len(server.asked_for(path)) > 1 or fault == "no length"
    assert time.monotonic() - started > 0.9 or fault != "a rest is asked for"


def test_what_has_come_is_not_fetched_again(server, crawls, tmp_path):
    path = crawls[1][0]
    size = (crawls[0] / path).stat().st_size
    server.faults[path] = ["cuts", "cuts"]
    run(Listed("one", (Target(path),)), tmp_path / "pool", server)
    first, second, third = server.asked_for(path)
    assert first is None
    assert second == f"bytes={size // 2}-"
    assert third == f"bytes={size // 2 + (size - size // 2) // 2}-"


def test_a_file_that_changes_is_fetched_from_the_beginning(server, crawls, tmp_path):
    from pools.crawl_server import member

    path = "crawl-data/changing.warc.gz"
    place = crawls[0] / path
    place.write_bytes(member(1) + member(2))
    selection = Listed("one", (Target(path),))
    server.faults[path] = ["cuts", "500", "500", "500", "500"]
    with pytest.raises(MachineError, match="1 of 1 files could not be fetched"):
        run(selection, tmp_path / "pool", server)
    place.write_bytes(member(3) + member(4) + member(5))
    run(selection, tmp_path / "pool", server)
    assert (tmp_path / "pool" / path).read_bytes() == place.read_bytes()
    assert server.asked_for(path)[-1] is not None


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("500", "the server says 500 Internal Server Error, after 4 attempts"),
        ("says too little, no tag", "does not end with a whole gzip member, 3 times in a row"),
        ("wrong MD5", "and the source says 0{32}, 3 times in a row"),
    ],
)
def test_a_file_that_keeps_failing_is_told_and_the_others_are_kept(server, crawls, tmp_path, fault, message):
    paths = crawls[1]
    bad = paths[1]
    selection = Listed("three", tuple(map(Target, paths[:3])))
    server.always[bad] = fault
    with pytest.raises(MachineError, match=f"1 of 3 files could not be fetched.*{message}") as caught:
        run(selection, tmp_path / "pool", server)
    assert caught.value.where == f"{server.address}/{bad}"
    assert "run the same command again" in str(caught.value.hint)
    assert not (tmp_path / "pool").exists()
    del server.always[bad]
    server.log.clear()
    record = run(selection, tmp_path / "pool", server)
    assert chosen(record) == sorted(paths[:3])
    assert {path for _, path, _ in server.log} == {bad}


def test_a_source_that_is_gone_is_not_asked_for_every_file(server, crawls, tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "_HOPELESS", 3)
    paths = crawls[1]
    server.always.update(dict.fromkeys(paths, "500"))
    with pytest.raises(MachineError, match="could not be fetched"):
        fetch.fetch(Listed("all", tuple(map(Target, paths))), tmp_path / "pool", server.address, 1, HASTY)
    assert len({path for _, path, _ in server.log}) <= 5


def test_no_server(tmp_path, crawls):
    with running(crawls[0]) as server:
        address = server.address
    with pytest.raises(MachineError, match="no answer.*after 4 attempts"):
        fetch.fetch(SAMPLE, tmp_path / "pool", address, patience=HASTY)


def test_manifests(server, crawls, tmp_path):
    record = run(SAMPLE, tmp_path / "pool", server)
    manifest = tmp_path / "pool" / "manifest.jsonl"
    rows = [json.loads(line) for line in manifest.read_text().splitlines()]
    assert [row["path"] for row in rows] == chosen(record)
    assert rows[0]["source"] == f"{server.address}/{rows[0]['path']}"
    selection = Listed("theirs", read_manifest(str(manifest)))
    assert run(selection, tmp_path / "same", server).id == record.id


def test_a_manifest_of_other_files_is_not_met(server, crawls, tmp_path):
    path = crawls[1][0]
    size = (crawls[0] / path).stat().st_size
    (tmp_path / "manifest.jsonl").write_text(json.dumps({"path": path, "bytes": size, "sha256": "0" * 64}))
    selection = Listed("theirs", read_manifest(str(tmp_path / "manifest.jsonl")))
    with pytest.raises(MachineError, match=r"its sha256 is \w{12}…, and should be 0{12}…"):
        run(selection, tmp_path / "pool", server)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"path": "../../etc/x.warc.gz", "bytes": 1, "sha256": ""}', "not a path below the source"),
        ('{"path": "/a/../../x.warc.gz", "bytes": 1, "sha256": ""}', "not a path below the source"),
        ('{"path": "a.exe", "bytes": 1, "sha256": ""}', "not a file that assay reads"),
        ("{", "not a line of a manifest"),
        ('{"path": "a.warc.gz"}', "bytes: Field required"),
    ],
)
def test_manifests_are_not_trusted(tmp_path, line, message):
    path = tmp_path / "manifest.jsonl"
    path.write_text(f"{line}\n")
    with pytest.raises(InputError, match=message) as caught:
        read_manifest(str(path))
    assert caught.value.where == f"{path}:1"


def test_lists_of_paths(tmp_path):
    lines = [
        "crawl-data/a.warc.gz",
        "",
        "s3://commoncrawl/crawl-data/b.warc.gz",
        "https://host/crawl-data/c.warc.wet.gz",
    ]
    (tmp_path / "list.txt").write_text("\n".join(lines))
    (tmp_path / "list.gz").write_bytes(gzip.compress("\r\n".join(lines).encode()))
    expected = ["crawl-data/a.warc.gz", "crawl-data/b.warc.gz", "crawl-data/c.warc.wet.gz"]
    for name in ("list.txt", "list.gz"):
        assert [target.path for target in read_paths(str(tmp_path / name))] == expected
    (tmp_path / "list.txt").write_text("crawl-data/a.warc.wat.gz\n")
    with pytest.raises(InputError, match="not a file that assay reads"):
        read_paths(str(tmp_path / "list.txt"))


def test_names_of_crawls(tmp_path):
    (tmp_path / "collinfo.json").write_text(json.dumps([{"id": "CC-MAIN-2024-10"}, {"id": CRAWL}]))
    (tmp_path / "crawls.txt").write_text(f"{CRAWL}\n{OTHER_CRAWL}\n")
    assert crawl_names([str(tmp_path / "collinfo.json"), OTHER_CRAWL]) == ("CC-MAIN-2024-10", CRAWL, OTHER_CRAWL)
    assert crawl_names([str(tmp_path / "crawls.txt")]) == (CRAWL, OTHER_CRAWL)
    assert crawl_names(["all"]) == dclm_crawls()
    assert (len(dclm_crawls()), dclm_crawls()[-1]) == (89, CRAWL)


def test_the_pools_of_dclms_scales():
    from assay.base.settings import read_yaml
    from assay.catalog import catalog_path

    facts = read_yaml(catalog_path("commoncrawl.yaml"))
    for name, scale in facts["scales"].items():
        assert catalog_path("scales", f"{name}.yaml").exists()
        share = scale["tokens"] / facts["pool"]["tokens"]
        assert files_of_scale(name) == round(facts["pool"]["warc_files"] * share)
    with pytest.raises(InputError, match="did you mean|unknown scale"):
        files_of_scale("dclm-411m")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--crawl", "CC-MAIN-2022-94", "--files", "1"], "did you mean CC-MAIN-2022-49"),
        (["--crawl", CRAWL, "--files", "13"], "13 files are wanted, and there are only 12"),
        (["--crawl", CRAWL], "does not say how many files"),
        (["--files", "3"], "says nothing to fetch"),
        (["--crawl", CRAWL, "--files", "0"], "Must be >= 1"),
        (["--scale", "dclm-411m-1", "--crawl", CRAWL], "did you mean dclm-411m-1x"),
        (["--scale", "dclm-411m-1x", "--crawl", CRAWL], "9966 files are wanted"),
        (["--scale", "dclm-411m-1x", "--files", "1"], "both --scale and --files"),
        (["--crawl", CRAWL, "--files", "1", "--paths", "x"], "only one of"),
        (["--paths", "absent.txt"], "absent.txt: no such file"),
    ],
)
def test_wrong_requests_exit_with_2_and_say_why(server, tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    command = ["pool", "fetch", "commoncrawl", *arguments, "--source", server.address, "--out", "pool"]
    assert invoke(command) == 2
    shown = capsys.readouterr()
    assert message in shown.err + shown.out
    assert not (tmp_path / "pool").exists()


def test_the_command(server, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = ["pool", "fetch", "commoncrawl", "--crawl", CRAWL, "--files", "2", "--source", server.address]
    assert invoke([*command, "--list-only"]) == 0
    listed = capsys.readouterr()
    assert f"{CRAWL}: 2 WARC files, seed 0: 2 files" in listed.err
    assert invoke([*command, "--out", "pool", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["files"] == 2
    assert all((tmp_path / "pool" / path).exists() for path in listed.out.split())
    assert invoke(["pool", "stats", "pool", "--json"]) == 0
    stats = json.loads(capsys.readouterr().out)
    assert (stats["id"], stats["files"], stats["documents"]) == (made["id"], 2, 60)
    assert (
        invoke(["curate", "--pool", "pool", "--recipe", "no-filter", "--out", "set", "--workers", "1", "--json"]) == 0
    )
    assert json.loads(capsys.readouterr().out)["documents_in"] == 60
    assert invoke(["verify", "set"]) == 0


def test_wet_files(server, tmp_path):
    record = run(Sample((CRAWL,), 3, kind="wet"), tmp_path / "pool", server)
    assert all(path.endswith(".warc.wet.gz") for path in chosen(record))


CODE = """
import sys
from assay.pools import fetch, download
from assay.cli import invoke
fetch._PER_SECOND = 1000
sys.exit(invoke(sys.argv[1:]))
"""


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_run_goes_on(server, crawls, tmp_path, sign):
    server.always.update(dict.fromkeys(crawls[1][6:], "500"))
    command = ["pool", "fetch", "commoncrawl", "--crawl", CRAWL, "--files", "12", "--source", server.address]
    command = [sys.executable, "-c", CODE, *command, "--connections", "12", "--out", "pool"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and len(list(tmp_path.glob("pool.partial-*/crawl-data/**/*.warc.gz"))) < 6:
        time.sleep(0.01)
    process.send_signal(sign)
    _, shown = process.communicate(timeout=60)
    assert process.returncode == (130 if sign == signal.SIGINT else -9), shown
    assert "Traceback" not in shown
    assert not (tmp_path / "pool").exists()
    server.always.clear()
    server.log.clear()
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert {path for _, path, _ in server.log} == set(crawls[1][6:])
    assert len(list((tmp_path / "pool").rglob("*.warc.gz"))) == 12


def test_a_full_disk_is_told(server, tmp_path, monkeypatch):
    def full(part, body, store):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(download, "_append", full)
    with pytest.raises(MachineError, match="No space left on device") as caught:
        run(SAMPLE, tmp_path / "pool", server)
    assert "free some space" in str(caught.value.hint)


def test_s3(crawls, tmp_path):
    with s3_server("commoncrawl") as s3:
        for path in crawls[0].rglob("*.gz"):
            s3.put_file(str(path), f"commoncrawl/{path.relative_to(crawls[0])}")
        record = fetch.fetch(SAMPLE, tmp_path / "pool", "s3://commoncrawl/", patience=HASTY)
        assert record.id == fetch.fetch(SAMPLE, tmp_path / "local", str(crawls[0])).id
        with pytest.raises(InputError, match="unknown crawl"):
            fetch.fetch(Sample(("CC-MAIN-2022-50",), 1), tmp_path / "none", "s3://commoncrawl", patience=HASTY)
