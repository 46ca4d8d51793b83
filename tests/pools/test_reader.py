"""One way in for all formats, from all places, in bounded memory."""

from __future__ import annotations

import functools
import gzip
import http.server
import json
import socket
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.base.errors import InputError, MachineError
from assay.pools.batch import PAGE_SCHEMA, SCHEMA
from assay.pools.columns import Columns
from assay.pools.pool import PoolFile, describe_pool, pool_files
from assay.pools.reader import read_file
from s3_server import s3_server

ROWS = [{"id": str(number), "text": f"text {number}", "url": None, "rest": None} for number in range(2500)]
DOCUMENTS = [{"id": row["id"], "text": row["text"], "url": None} for row in ROWS]
WARC = b"WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Record-ID: <urn:uuid:w>\r\nContent-Length: 2\r\n\r\nhi\r\n\r\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pool")
    lines = "".join(json.dumps(document) + "\n" for document in DOCUMENTS)
    (folder / "rows.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    (folder / "rows.warc").write_bytes(WARC)
    pq.write_table(pa.Table.from_pylist(ROWS, SCHEMA), folder / "rows.parquet")
    return folder


@pytest.mark.parametrize("name", ["rows.jsonl.gz", "rows.parquet"])
def test_formats_give_the_same_batches(folder, name):
    file = PoolFile(0, str(folder / name), "", 0, "p")
    batches = list(read_file(file, Columns(), lambda bad: pytest.fail(bad.reason)))
    assert {batch.schema for batch in batches} == {SCHEMA}
    assert [len(batch) for batch in batches] == [1000, 1000, 500]
    assert pa.Table.from_batches(batches).to_pylist() == ROWS


def test_warc_batches_have_pages(folder):
    file = PoolFile(0, str(folder / "rows.warc"), "", 0, "p")
    (batch,) = read_file(file, Columns(), lambda bad: pytest.fail(bad.reason))
    assert batch.schema == PAGE_SCHEMA
    (row,) = batch.to_pylist()
    assert row | {"rest": None} == {"id": "w", "text": "hi", "url": None, "html": None, "rest": None}


def test_no_such_file(read, tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "absent.jsonl")


def test_other_compressions_are_refused(read, tmp_path):
    path = tmp_path / "pool.jsonl.bz2"
    path.write_bytes(b"BZh91AY&SY")
    with pytest.raises(InputError, match="is compressed with bzip2"):
        read(path)


class Server(http.server.SimpleHTTPRequestHandler):
    """Sends whole files only, as many web servers do; from ``/cut/`` it sends half of a file and hangs up."""

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        if not self.path.startswith("/cut/"):
            super().do_GET()
            return
        data = Path(self.translate_path(self.path.removeprefix("/cut"))).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2])

    def do_HEAD(self):
        self.path = self.path.removeprefix("/cut")
        super().do_HEAD()


@pytest.fixture(scope="module")
def web(folder):
    pytest.importorskip("aiohttp")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Server, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("name", ["rows.jsonl.gz", "rows.parquet"])
def test_http(web, read, name):
    found = read(f"{web}/{name}")
    assert found.rows == DOCUMENTS
    assert found.bad == []


@pytest.mark.parametrize("name", ["rows.jsonl.gz", "rows.warc", "rows.parquet"])
def test_a_lost_connection_is_not_taken_for_a_bad_file(web, read, name):
    with pytest.raises(MachineError, match="could not be read") as caught:
        read(f"{web}/cut/{name}")
    assert caught.value.where == f"{web}/cut/{name}"


def test_http_pools(web):
    record = describe_pool([f"{web}/rows.jsonl.gz"], Columns())
    (file,) = pool_files(record)
    assert file.path == f"{web}/rows.jsonl.gz"
    assert record.config["files"][0]["name"] == "rows.jsonl.gz"
    with pytest.raises(InputError, match="no such file"):
        describe_pool([f"{web}/absent.jsonl"], Columns())


def test_no_server():
    pytest.importorskip("aiohttp")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/rows.jsonl"
    with pytest.raises(InputError, match="no such file: Cannot connect"):
        describe_pool([address], Columns())


@pytest.fixture(scope="module")
def bucket(folder):
    with s3_server("pool") as s3:
        for path in folder.iterdir():
            s3.put_file(str(path), f"pool/crawl/{path.name}")
        yield "s3://pool/crawl"


def test_s3(bucket, read):
    record = describe_pool([bucket], Columns())
    files = pool_files(record)
    assert [file.path for file in files] == [f"{bucket}/{n}" for n in ("rows.jsonl.gz", "rows.parquet", "rows.warc")]
    assert [len(read(file.path).rows) for file in files] == [2500, 2500, 1]
    assert read(files[1].path).rows == DOCUMENTS


_MEASURE = """
import resource, sys
from assay.pools.columns import Columns
from assay.pools.pool import PoolFile
from assay.pools.reader import read_file

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

def read(path):
    file = PoolFile(0, path, "", 0, "p")
    return sum(len(batch) for batch in read_file(file, Columns(), lambda bad: None))

read(sys.argv[1])
before = peak()
print(read(sys.argv[2]), peak() - before)
"""


@pytest.mark.parametrize(("kind", "copies"), [("jsonl", 1000), ("jsonl.gz", 400), ("parquet", 400)])
def test_memory_does_not_grow_with_the_file(tmp_path, kind, copies):
    small, large = tmp_path / f"small.{kind}", tmp_path / f"large.{kind}"
    for path, number in ((small, copies // 10), (large, copies)):
        _write_copies(path, number, kind)
    command = [sys.executable, "-c", textwrap.dedent(_MEASURE), str(small), str(large)]
    rows, grown = map(int, subprocess.run(command, capture_output=True, check=True, text=True).stdout.split())
    assert rows == 100 * copies
    assert grown < 25, f"{grown} MB more for a file ten times as large"


def _write_copies(path, copies: int, kind: str) -> None:
    """``copies`` times 200 kB of text."""
    texts = [f"{number} " + "some words " * 180 for number in range(100)]
    if kind == "parquet":
        table = pa.table({"text": texts * copies})
        pq.write_table(table, path, row_group_size=20_000, use_dictionary=False)
        return
    block = "".join(json.dumps({"text": text}) + "\n" for text in texts).encode()
    block = gzip.compress(block) if kind == "jsonl.gz" else block
    with path.open("wb") as file:
        for _ in range(copies):
            file.write(block)
