from __future__ import annotations

import hashlib
import re
import shutil

import pytest

from assay.base.errors import InputError, MachineError
from assay.evaluation import task_data
from assay.evaluation.suite import read_suite
from assay.evaluation.task_data import TaskFile, fetch_files, files_of, task_files
from assay.pools.download import Patience
from pools.crawl_server import running

ROWS = b'{"query": "q", "choices": ["a", "b"], "gold": 0}\n' * 3
SUM = hashlib.sha256(ROWS).hexdigest()


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A repository with three files: of one the checksum is known, of one it is wrong, of one only the rows are."""
    pytest.importorskip("requests")
    source = tmp_path / "source"
    for name in ("cr/copa.jsonl", "cr/wrong.jsonl", "cr/rows.jsonl"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(ROWS)
    files = {
        "cr/copa.jsonl": TaskFile(rows=3, bytes=len(ROWS), sha256=SUM),
        "cr/wrong.jsonl": TaskFile(rows=3, bytes=len(ROWS), sha256="0" * 64),
        "cr/rows.jsonl": TaskFile(rows=3),
        "cr/absent.jsonl": TaskFile(rows=3),
    }
    with running(source) as served:
        catalog = task_data._Catalog(source=served.address, files=files)
        monkeypatch.setattr(task_data, "_catalog", lambda: catalog)
        monkeypatch.setattr(task_data, "_PATIENCE", Patience(attempts=2, first=0.01))
        yield served


def test_files_come_once_and_whole(server, tmp_path):
    out = tmp_path / "out"
    names = ["cr/copa.jsonl", "cr/rows.jsonl"]
    server.faults["cr/copa.jsonl"] = ["500"]
    assert fetch_files(names, out) == [out / name for name in names]
    asked = len(server.log)
    assert fetch_files(names, out) == []
    assert len(server.log) == asked
    assert sorted(path.name for path in (out / "cr").iterdir()) == ["copa.jsonl", "rows.jsonl"]
    assert (out / "cr/copa.jsonl").read_bytes() == ROWS


def test_what_is_not_what_it_should_be_does_not_appear(server, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(MachineError, match="its sha256 is .*, and should be 000000000000"):
        fetch_files(["cr/copa.jsonl", "cr/wrong.jsonl"], out)
    (tmp_path / "source/cr/rows.jsonl").write_bytes(ROWS * 2)
    with pytest.raises(MachineError, match="rows.jsonl: has 6 rows, and should have 3"):
        fetch_files(["cr/rows.jsonl"], out)
    assert [path.name for path in (out / "cr").glob("*.jsonl")] == ["copa.jsonl"]


def test_a_source_that_has_not_or_answers_not(server, tmp_path):
    with pytest.raises(InputError, match="absent.jsonl: there is no such file"):
        fetch_files(["cr/absent.jsonl"], tmp_path / "out")
    server.always["cr/copa.jsonl"] = "500"
    with pytest.raises(MachineError, match="500"):
        fetch_files(["cr/copa.jsonl"], tmp_path / "out")


def test_a_folder_may_be_the_source(server, tmp_path):
    shutil.copytree(tmp_path / "source", tmp_path / "mirror")
    fetch_files(["cr/copa.jsonl"], tmp_path / "out", source=str(tmp_path / "mirror"))
    assert (tmp_path / "out/cr/copa.jsonl").read_bytes() == ROWS
    assert server.log == []


def test_the_catalog_knows_every_file_of_the_suites_but_gpqa():
    files, absent = files_of(read_suite("extended").tasks)
    assert sorted(files) == sorted(task_files())
    assert absent == ["gpqa_data/gpqa_main.jsonl", "gpqa_data/gpqa_diamond.jsonl"]
    assert all(re.fullmatch(r"[a-z_]+/\w+\.jsonl", file) for file in files)
    assert all((entry.sha256 is None) == (entry.bytes is None) for entry in task_files().values())
