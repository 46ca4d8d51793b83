"""The record of a pool."""

from __future__ import annotations

import hashlib
import json
import os

import pytest

from assay.base.errors import InputError
from assay.pools import pool
from assay.pools.columns import Columns
from assay.pools.pool import describe_pool, pool_columns, pool_files
from assay.records.verify import verify


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "raw"
    (folder / "deeper").mkdir(parents=True)
    for name, text in (("b.jsonl", "one"), ("a.jsonl", "two"), ("deeper/c.jsonl", "one")):
        (folder / name).write_text(json.dumps({"text": text}) + "\n")
    (folder / "notes.txt").write_text("not a pool file")
    return folder


def test_record(folder):
    record = describe_pool([str(folder)], Columns(text="text"))
    paths = [str(folder / name) for name in ("a.jsonl", "b.jsonl", "deeper/c.jsonl")]
    assert [output.path for output in record.outputs] == paths
    assert [entry["name"] for entry in record.config["files"]] == ["a.jsonl", "b.jsonl", "c.jsonl"]
    assert record.outputs[0].sha256 == hashlib.sha256((folder / "a.jsonl").read_bytes()).hexdigest()
    assert record.name == "a.jsonl and 2 more"
    assert pool_columns(record) == Columns(text="text")


def test_the_id_is_of_the_content_not_the_place(folder, tmp_path):
    first = describe_pool([str(folder)], Columns())
    moved = folder.rename(tmp_path / "elsewhere")
    assert describe_pool([str(moved)], Columns()).id == first.id
    assert describe_pool([str(moved)], Columns(text="text")).id != first.id
    (moved / "a.jsonl").write_text("{}\n")
    assert describe_pool([str(moved)], Columns()).id != first.id


def test_relative_paths_become_absolute(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert describe_pool(["*.jsonl"], Columns()).outputs[0].path == str(folder / "a.jsonl")


def test_the_record_verifies(folder, tmp_path):
    record = describe_pool([str(folder)], Columns())
    (tmp_path / "pool").mkdir()
    record.write(tmp_path / "pool")
    assert all(finding.holds for finding in verify([tmp_path / "pool"]))
    (folder / "b.jsonl").write_text("changed")
    states = {finding.path: finding.state for finding in verify([tmp_path / "pool"])}
    assert states[str(folder / "b.jsonl")] == "changed"


def test_known_files_are_not_hashed_again(folder, monkeypatch):
    first = describe_pool([str(folder)], Columns())
    hashed = []
    original = pool._hash
    monkeypatch.setattr(pool, "_hash", lambda path, shown: hashed.append(path) or original(path, shown))
    again = describe_pool([str(folder)], Columns(), known=first)
    assert (again.id, again.outputs, hashed) == (first.id, first.outputs, [])

    changed = folder / "a.jsonl"
    os.utime(changed, ns=(0, 0))
    describe_pool([str(folder)], Columns(), known=first)
    assert hashed == [str(changed)]


def test_prefixes_differ_for_equal_files(folder):
    files = pool_files(describe_pool([str(folder)], Columns()))
    assert files[1].sha256 == files[2].sha256
    assert files[2].prefix == files[1].prefix + ".2"
    assert [file.index for file in files] == [0, 1, 2]


def test_a_pattern_that_names_nothing(tmp_path):
    with pytest.raises(InputError, match="names no file"):
        describe_pool([str(tmp_path / "*.jsonl")], Columns())


def test_an_unknown_format_is_told_before_anything_is_read(folder):
    with pytest.raises(InputError, match="neither WARC, JSONL nor Parquet"):
        describe_pool([str(folder / "notes.txt")], Columns())


def test_what_assay_made_in_the_folder_is_not_a_candidate(tmp_path):
    (tmp_path / "raw.jsonl").write_text('{"text": "raw"}\n')
    for made in ("dataset", "other.partial-0123456789ab"):
        (tmp_path / made / "shards").mkdir(parents=True)
        (tmp_path / made / "shards" / "00000.jsonl").write_text('{"text": "made"}\n')
    (tmp_path / "dataset" / "record.json").write_text("{}")
    record = describe_pool([str(tmp_path)], Columns())
    assert [output.path for output in record.outputs] == [str(tmp_path / "raw.jsonl")]
    (tmp_path / "raw.jsonl").unlink()
    with pytest.raises(InputError, match="nothing but artifacts"):
        describe_pool([str(tmp_path)], Columns())
