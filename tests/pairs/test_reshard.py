"""Resharding: the members, contents and counts of DataComp's resharder, whatever the number of workers."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest

from assay.base.errors import InputError
from assay.cli import invoke
from assay.pairs.reshard import reshard
from assay.pairs.subset import UID, read_subset
from pairs.pair_pools import write_tar


def contents(folder: Path) -> dict[str, list]:
    found: dict[str, list] = {}
    for path in sorted(folder.glob("*.tar")):
        with tarfile.open(path) as tar:
            members = [(member.name, tar.extractfile(member).read()) for member in tar]
        found[path.name] = [[name, len(data), hashlib.sha256(data).hexdigest()] for name, data in members]
    return found


@pytest.mark.parametrize("run", ["j1_size4", "j1_default", "j3_size4"])
def test_equal_to_the_reference(run, shared_data, tmp_path):
    golden = json.loads((shared_data / "datacomp_reshard_golden.json").read_text())["runs"]
    wanted = {name: value for name, value in golden[run].items() if name.endswith(".tar")}
    pool = shared_data / "datacomp_reshard_input"
    size = 4 if run.endswith("4") else 10_000
    record = reshard(pool, pool / "subset.npy", tmp_path / "out", size, workers=int(run[1]))
    found = contents(tmp_path / "out")
    if run.startswith("j1"):
        assert found == wanted
        for name, stats in golden[run].items():
            if name.endswith("_stats.json"):
                assert json.loads((tmp_path / "out" / name).read_text()) == stats
    else:  # which worker writes what is left to timing there
        flat = sorted(member for members in found.values() for member in members)
        assert flat == sorted(member for members in wanted.values() for member in members)
    assert record.metrics["processed_count"] == 18
    assert record.metrics["missing_count"] > 0
    assert (tmp_path / "out" / "sample_ids.npy").read_bytes() == (pool / "subset.npy").read_bytes()


def test_any_number_of_workers_writes_the_same(tmp_path):
    samples = [(f"{number:012d}", {"json": {"uid": f"{number:032x}"}, "jpg": b"x" * number}) for number in range(20)]
    for shard in range(4):
        write_tar(tmp_path / "pool" / f"{shard:08d}.tar", samples[5 * shard : 5 * shard + 5])
    np.save(tmp_path / "subset.npy", np.array([(0, 3), (0, 3), (0, 7), (0, 19), (1, 0)], UID))
    for workers in (1, 2):
        record = reshard(tmp_path / "pool", tmp_path / "subset.npy", tmp_path / f"out{workers}", 3, workers)
        assert record.metrics["missing_count"] == 1
        assert read_subset(tmp_path / f"out{workers}" / "missing.npy").tolist() == [[1, 0]]
    one, two = ({path.name: path.read_bytes() for path in (tmp_path / f"out{n}").glob("0*")} for n in (1, 2))
    assert one == two
    assert [name for name, _, _ in contents(tmp_path / "out1")["00000001.tar"]] == [
        f"{19:032x}-0.jpg",
        f"{19:032x}-0.json",
    ]


def test_what_a_tar_should_not_hold_is_refused_and_counted(tmp_path):
    good = {"uid": f"{1:032x}"}
    samples = [
        ("000000000000", {"json": good, "jpg": b"kept"}),
        ("../../escape", {"json": {"uid": f"{2:032x}"}}),
        ("/absolute", {"json": {"uid": f"{2:032x}"}}),
        ("000000000003", {"jpg": b"no json"}),
        ("000000000004", {"json": b"{not json"}),
        ("000000000005", {"json": {"uid": "short"}}),
        ("000000000006", {"json": {}}),
    ]
    write_tar(tmp_path / "pool" / "00000000.tar", samples)
    with tarfile.open(tmp_path / "pool" / "00000000.tar", "a") as tar:
        link = tarfile.TarInfo("000000000007.jpg")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    whole = (tmp_path / "pool" / "00000000.tar").read_bytes()
    (tmp_path / "pool" / "00000001.tar").write_bytes(whole[:700])
    (tmp_path / "pool" / "00000002.tar").write_bytes(b"no tar at all" * 100)
    np.save(tmp_path / "subset.npy", np.array([(0, 1), (0, 2)], UID))
    record = reshard(tmp_path / "pool", tmp_path / "subset.npy", tmp_path / "out")
    assert record.metrics["output_count"] == 2  # the first sample, whole in the cut tar too
    assert record.metrics["missing_count"] == 1
    assert record.metrics["quarantine_reasons"] == {
        "a name that leads out of the folder": 2,
        "a link or device": 1,
        "a sample without json": 1,
        "json that cannot be read": 1,
        "uid is not 32 hex digits": 1,
        "no uid": 1,
        "not a readable tar, or cut off": 2,
    }
    assert sorted(path.name for path in (tmp_path / "out" / "quarantine").iterdir())[0] == "00000000.jsonl"


def test_a_repeated_extension_starts_a_new_sample(tmp_path):
    with tarfile.open(tmp_path / "00000000.tar", "w") as tar:
        for number in (1, 2):
            for extension, data in (("json", json.dumps({"uid": f"{number:032x}"}).encode()), ("JPG", b"image")):
                entry = tarfile.TarInfo(f"same.{extension}")
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
    np.save(tmp_path / "subset.npy", np.array([(0, 1), (0, 2)], UID))
    record = reshard(tmp_path, tmp_path / "subset.npy", tmp_path / "out")
    assert record.metrics["output_count"] == 2


def test_the_command(tmp_path, capsys):
    write_tar(tmp_path / "pool" / "00000000.tar", [("0", {"json": {"uid": f"{5:032x}"}, "txt": b"a dog"})])
    np.save(tmp_path / "subset.npy", np.array([(0, 5)], UID))
    command = ["reshard", "--pool", str(tmp_path / "pool"), "--dataset", str(tmp_path / "subset.npy")]
    assert invoke([*command, "--out", str(tmp_path / "out"), "--workers", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["output_count"] == 1
    assert invoke(["verify", str(tmp_path / "out")]) == 0
    assert invoke([*command, "--out", str(tmp_path / "pool")]) == 2
    with pytest.raises(InputError, match="no shards"):
        reshard(tmp_path / "out" / "nothing", tmp_path / "subset.npy", tmp_path / "out3")
