"""The embedded pool: what every installation has, without what is held out."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import pytest

from assay.pools import installation
from assay.pools.columns import Columns
from assay.pools.heldout import LIMIT, PACKAGES
from assay.pools.installed import collect_heldout, collect_installed, collect_positives
from assay.pools.pool import pool_columns, pool_files
from assay.records.verify import verify


@pytest.fixture(scope="module")
def pool(tmp_path_factory, read):
    folder = tmp_path_factory.mktemp("installed") / "pool"
    record = collect_installed(folder, megabytes=3)
    files = pool_files(record, folder)
    return folder, record, [row for file in files for row in read(file.path, pool_columns(record)).rows]


def test_the_size_is_about_what_was_asked_for(pool):
    _, record, rows = pool
    size = sum(len(row["text"].encode()) for row in rows)
    assert 1.5e6 < size < 5e6
    assert sum(output.rows for output in record.outputs) == len(rows) == sum(record.metrics["documents"].values())


def test_it_is_a_whole_artifact(pool):
    folder, record, _ = pool
    assert all(finding.holds for finding in verify([folder]))
    assert collect_installed(folder, megabytes=3) == record


def test_the_same_again(pool, tmp_path):
    _, record, _ = pool
    again = collect_installed(tmp_path / "again", megabytes=3)
    assert (again.id, again.outputs) == (record.id, record.outputs)


def test_kinds(pool):
    _, record, rows = pool
    assert {".py", "docstring"} <= set(record.metrics["documents"])
    docstrings = [row for row in rows if "#" in row["url"]]
    assert len(docstrings) == record.metrics["documents"]["docstring"]
    assert all(len(row["text"]) >= 200 for row in docstrings)
    assert max(len(row["text"].encode()) for row in rows if row not in docstrings) <= 50_000


def test_ids_are_unique_and_hold_no_paths_of_this_machine(pool):
    _, _, rows = pool
    assert len({row["id"] for row in rows}) == len(rows)
    places = {sys.prefix, sysconfig.get_path("stdlib"), str(Path.home())}
    assert not any(place in row["id"] or place in row["url"] for row in rows for place in places)
    assert all(row["url"].startswith("installed://") for row in rows)


def test_what_is_held_out_is_not_in_the_pool():
    names = [source.name for source in installation.sources(left_out=PACKAGES)]
    assert any(name.startswith("python/unittest/") for name in names)
    assert not any(name.startswith(tuple(f"python/{package}/" for package in PACKAGES)) for name in names)
    assert not any(name.startswith(("assay/", "assay-")) or name.endswith("/direct_url.json") for name in names)
    assert len(set(names)) > 1000


@pytest.fixture(scope="module")
def heldout(tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed") / "heldout"
    return folder, collect_heldout(folder)


@pytest.mark.parametrize("domain", ["prose", "code"])
def test_heldout(heldout, read, domain):
    folder, record = heldout
    rows = read(folder / "shards" / f"{domain}.jsonl.zst", Columns()).rows
    assert 50 <= len(rows) <= 90
    assert all(len(row["text"]) >= 200 and len(row["text"].encode()) <= LIMIT for row in rows)
    assert len({row["id"] for row in rows}) == len(rows)
    assert {output.path: output.rows for output in record.outputs}[f"shards/{domain}.jsonl.zst"] == len(rows)
    words = " ".join(row["text"] for row in rows).split()
    assert ("self" in words) == (domain == "code") or words.count("self") < len(words) / 500


def test_heldout_documents_do_not_repeat_each_other(heldout, read):
    folder, _ = heldout
    rows = read(folder / "shards" / "prose.jsonl.zst", Columns()).rows
    seen: set[str] = set()
    for row in rows:
        lines = {line for line in row["text"].splitlines() if len(line) >= 20}
        assert len(lines & seen) <= len(lines) / 2
        seen |= lines


def test_positives(tmp_path, read, monkeypatch):
    few = [
        source
        for source in installation.sources(left_out=PACKAGES)
        if source.name in {"python/argparse.py", "python/ast.py", "numpy/linalg/_linalg.py"}
    ]
    monkeypatch.setattr("assay.pools.installed.sources", lambda left_out: few)
    record = collect_positives(tmp_path / "positives")
    rows = read(tmp_path / "positives" / "shards" / "00000.jsonl.zst", Columns()).rows
    assert record.outputs[0].rows == len(rows) > 5
    assert {row["id"].split(":")[0] for row in rows} == {"python/argparse", "python/ast"}
