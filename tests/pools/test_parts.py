"""Parts of a file: together they are the file, wherever it is cut."""

from __future__ import annotations

import gzip
import itertools
import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.pools import parts as module
from assay.pools.columns import Columns
from assay.pools.parts import parts
from assay.pools.pool import PoolFile
from assay.pools.quarantine import BadRow
from assay.pools.reader import read_file
from pools.test_warc import http, record


def pool_file(path: Path) -> PoolFile:
    return PoolFile(0, str(path), "f" * 64, path.stat().st_size, "f" * 12)


def read(file: PoolFile) -> tuple[list[dict], list[BadRow]]:
    bad: list[BadRow] = []
    rows = [row for batch in read_file(file, Columns(), bad.append) for row in batch.to_pylist()]
    return rows, bad


def cut(file: PoolFile, places: list[int]) -> list[PoolFile]:
    cuts = [0, *sorted({place for place in places if 0 < place < file.bytes}), file.bytes]
    return [replace(file, start=start, end=end) for start, end in itertools.pairwise(cuts)]


def member(number: int, named: bool = True, size: int = 40) -> bytes:
    """A page in a gzip member; some records have no id of their own, some hold a WARC file."""
    block = http(b"<p>" + b"word %d " % number * size)
    if number % 5 == 3:  # not to be packed any further, and so there to be found
        block = http(b"".join(gzip.compress(record(http(b"<p>inside %d" % inner))) for inner in range(3)))
    data = record(block, number=number)
    return data if named else data.replace(b"WARC-Record-ID", b"X-Record-ID")


RECORDS = [member(number, named=number % 3 > 0) for number in range(12)]
INSIDE = record(http(b"<p>" + record(http(b"<p>inside")) * 3), number=99)
ROWS = [{"text": f"text {number} " * (number % 4), "id": number} for number in range(40)]
LINES = [json.dumps(row if number % 3 else {"text": row["text"]}).encode() for number, row in enumerate(ROWS)]


def _parquet(path: Path) -> None:
    rows = [row | {"id": row["id"] if number % 3 else None} for number, row in enumerate(ROWS)]
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=7)


FILES = {
    "pages.warc": b"".join([*RECORDS[:6], INSIDE, *RECORDS[6:]]),
    "pages.warc.gz": b"".join(gzip.compress(data, 0 if number % 5 == 3 else 9) for number, data in enumerate(RECORDS)),
    "stream.warc.gz": gzip.compress(b"".join(RECORDS)),
    "split.warc.gz": b"".join(gzip.compress(half) for data in RECORDS for half in (data[:50], data[50:])),
    "rows.jsonl": b"\n".join(LINES),
    "rows.jsonl.gz": gzip.compress(b"\n".join(LINES)),
    "rows.jsonl.zst": zstandard.compress(b"\n".join(LINES)),
    "blank.jsonl": b"\n\n" + b"\r\n\n".join(LINES) + b"\n\n\n",
    "bad.jsonl": b"\n".join(itertools.chain.from_iterable((line, b"{", b"[1]") for line in LINES)),
    "rows.parquet": None,
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Each file, and what is in it when it is read as a whole."""
    folder = tmp_path_factory.mktemp("parts")
    for name, data in FILES.items():
        if data is None:
            _parquet(folder / name)
        else:
            (folder / name).write_bytes(data)
    return {name: (pool_file(folder / name), *read(pool_file(folder / name))) for name in FILES}


@pytest.mark.parametrize("trail", [1 << 24, 300])
@pytest.mark.parametrize("name", FILES)
def test_any_cuts_give_the_same_rows(files, name, trail, monkeypatch):
    if trail == 300 and "warc" in name and name != "stream.warc.gz":
        trail = 2500  # more than any record
    monkeypatch.setattr(module, "_TRAIL", trail)
    file, rows, bad = files[name]
    assert rows
    assert len({row["id"] for row in rows}) == len(rows)

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.integers(1, file.bytes), max_size=6))
    def check(places):
        found = list(map(read, cut(file, places)))
        assert [row for some, _ in found for row in some] == rows
        assert [row.reason for _, some in found for row in some] == [row.reason for row in bad]

    check()


@pytest.mark.parametrize("name", FILES)
def test_a_cut_anywhere(files, name):
    file, rows, _ = files[name]
    for place in range(1, file.bytes, 11 if file.bytes < 4000 else 97):
        assert [row for part in cut(file, [place]) for row in read(part)[0]] == rows, place


def test_the_quarantine_of_a_part_says_the_byte(files):
    file, _, bad = files["bad.jsonl"]
    second = cut(file, [file.bytes // 2])[1]
    found = read(second)[1]
    assert [row.reason for row in found] == [row.reason for row in bad[-len(found) :]]
    data = Path(file.path).read_bytes()
    for row in found:
        place = int(row.where.removeprefix("byte "))
        assert data[place : place + len(row.excerpt)].decode() == row.excerpt
    assert bad[0].where == "line 2"


def test_the_columns_are_those_of_the_beginning(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "one", "content": "x"}\n' + '{"content": "y"}\n' * 20)
    file = pool_file(path)
    rows, bad = read(cut(file, [100])[1])
    assert rows == []
    assert {row.reason for row in bad} == {"no text"}


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("pages.warc", 4),
        ("pages.warc.gz", 4),
        ("stream.warc.gz", 1),
        ("rows.jsonl", 4),
        ("rows.jsonl.gz", 1),
        ("rows.jsonl.zst", 1),
        ("rows.parquet", 4),
    ],
)
def test_parts_of_about_a_size(files, name, number, monkeypatch):
    monkeypatch.setattr(module, "_TRAIL", 2500)
    file, rows, _ = files[name]
    found = parts(file, file.bytes // 4)
    assert len(found) == number
    assert [row for part in found for row in read(part)[0]] == rows
    assert parts(file, file.bytes) == [file]


def test_files_of_the_web(shared_data):
    for name in ("warc/resiliparse_tests/warcfile.warc.gz", "warc/resiliparse_tests/warcfile.warc"):
        file = pool_file(shared_data / "web" / name)
        rows, _ = read(file)
        for target in (10_000, 33_333):
            found = parts(file, target)
            assert len(found) > 3
            assert [row for part in found for row in read(part)[0]] == rows


@pytest.mark.parametrize("name", ["pages.warc", "pages.warc.gz", "rows.jsonl"])
def test_damage_in_a_part_is_seen_and_costs_no_other_part(files, tmp_path, name):
    data = bytearray(Path(files[name][0].path).read_bytes())
    middle = data.rfind(b"WARC/1.0") if name == "pages.warc" else len(data) // 2
    data[middle : middle + 30] = b"\xff" * 30
    (tmp_path / name).write_bytes(data)
    file = pool_file(tmp_path / name)
    found = [read(part) for part in cut(file, [middle - 100, middle + 100, middle + 2000])]
    rows = [row["id"] for some, _ in found for row in some]
    assert len(set(rows)) == len(rows) >= len(read(file)[0]) - 2
    assert any(bad for _, bad in found)
