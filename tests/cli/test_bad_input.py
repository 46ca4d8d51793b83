"""What crawls hold besides good pages, on the command line: the run goes on, and every record is accounted for."""

from __future__ import annotations

import gzip
import json
import random
import zlib
from pathlib import Path
from typing import NamedTuple

import brotli
import pytest

from assay.cli import invoke
from pools.warc_files import PAGE, http, record

GARBAGE = random.Random(0).randbytes(20_000)
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"


class Case(NamedTuple):
    """A file of a pool, and what comes of it."""

    data: bytes
    kept: int
    dropped: dict[str, int] = {}
    quarantined: dict[str, int] = {}
    skipped: dict[str, int] = {}
    name: str = "crawl.warc.gz"


def members(*blocks: bytes, kind: str = "response") -> bytes:
    """Records, each a gzip member."""
    records = (record(block, kind, number) for number, block in enumerate(blocks))
    return b"".join(gzip.compress(record, mtime=0) for record in records)


def numbered(piece: bytes, times: int) -> bytes:
    return b"".join(piece % number for number in range(times))


CASES = {
    "members joined": Case(members(http(), http(), http()), 3),
    "one member": Case(gzip.compress(record(http()) + record(http(), number=2)), 2),
    "cut in a member": Case(members(http(), http())[:-40], 1, quarantined={"truncated gzip": 1}),
    "chunked": Case(members(CHUNKED + b"%x\r\n%b\r\n0\r\n\r\n" % (len(PAGE), PAGE)), 1),
    "chunked, cut": Case(members(CHUNKED + b"%x\r\n%b" % (2 * len(PAGE), PAGE)), 1),
    "encodings": Case(
        members(
            http(zlib.compress(PAGE), encoding="deflate"),
            http(zlib.compress(PAGE, wbits=-15), encoding="deflate"),
            http(brotli.compress(PAGE), encoding="br"),
            http(gzip.compress(PAGE), encoding="gzip"),
            http(PAGE, encoding="br"),
            http(GARBAGE, encoding="br"),
        ),
        5,
        quarantined={"HTTP body cannot be decoded": 1},
    ),
    "lengths of bodies that lie": Case(
        members(
            *(http().replace(b"\r\n", b"\r\nContent-Length: %b\r\n" % n, 1) for n in (b"7", b"99999", b"-1", b"x"))
        ),
        4,
    ),
    "lengths of records that lie": Case(
        record(http(), length=10**9) + record(http(), number=2) + record(http(), number=3, length="x"),
        1,
        quarantined={"cut WARC record": 1, "broken WARC record": 1},
        name="crawl.warc",
    ),
    "charsets that lie": Case(
        members(
            http("<p>Größe".encode(), "text/html; charset=iso-8859-1"),
            http("<p>Größe".encode(), "text/html; charset=unheard-of"),
            http("<p>Größe".encode(), "text/html"),
            http("<p>Größe".encode("latin-1"), "text/html; charset=utf-8"),
            http("<p>Größe".encode("utf-16"), "text/html; charset=utf-16"),
        ),
        3,
        {"not UTF-8": 2},
    ),
    "tags without end": Case(
        members(
            http(b"<div>" * 100_000 + b"x"),
            http(b"<table><tr><td>" * 40_000 + b"x"),
            http(numbered(b"<font c=%d><p>x", 20_000)),
        ),
        0,
        {"HTML nested too deeply": 3},
    ),
    "a page of 50 MB": Case(
        members(http(b"<p>" + b"word " * 10_000_000), http()), 1, quarantined={"page larger than 8 MiB": 1}
    ),
    "binaries said to be pages": Case(
        members(
            *(http(start + GARBAGE, "text/html") for start in (b"%PDF-1.4\n", b"\x89PNG\r\n", b"PK\x03\x04")), http(b"")
        ),
        0,
        {"not UTF-8": 3, "no text in the page": 1},
    ),
    "bombs": Case(
        members(
            http(gzip.compress(bytes(50_000_000)), encoding="gzip"),
            http(gzip.compress(gzip.compress(bytes(50_000_000))), encoding="gzip, gzip"),
            http(brotli.compress(bytes(50_000_000), quality=1), encoding="br"),
            http(),
        ),
        1,
        quarantined={"page larger than 8 MiB": 3},
    ),
    "a bomb between records": Case(
        members(http()) + gzip.compress(record(bytes(200_000_000))) + members(http(), http()),
        3,
        quarantined={"gzip that unpacks to more than 200 times its size": 1},
    ),
    "text of a crawl": Case(members(b"one text", b"another", kind="conversion"), 2, name="crawl.warc.wet.gz"),
    "metadata of a crawl": Case(
        members(b"{}", b"{}", kind="metadata"),
        0,
        quarantined={"metadata without pages, as in WAT files": 1},
        skipped={"metadata": 2},
        name="crawl.warc.wat.gz",
    ),
    "no WARC": Case(gzip.compress(b"hello world\n" * 1000), 0, quarantined={"broken WARC record": 1}),
    "no gzip": Case(GARBAGE, 0, quarantined={"broken WARC record": 1}),
    "a zip file": Case(b"PK\x03\x04" + GARBAGE, 0, quarantined={"compressed with zip, which assay does not read": 1}),
    "nothing": Case(b"", 0, quarantined={"empty file": 1}),
    "other things than pages": Case(
        members(http(b"\x89PNG", "image/png"), http(content_type=None)) + members(b"", kind="request"),
        0,
        skipped={"response, not HTML": 1, "response, no content type": 1, "request": 1},
    ),
}


def curate(files: dict[str, bytes], folder: Path, *arguments: str) -> int:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    pool = ["--pool", *(str(folder / name) for name in files), "--recipe", "no-filter", "--out", str(folder / "out")]
    return invoke(["curate", *pool, "--workers", "1", "--json", *arguments])


@pytest.mark.parametrize("name", CASES)
def test_every_record_is_accounted_for(name, tmp_path, capsys):
    case = CASES[name]
    assert curate({case.name: case.data, "more.warc.gz": members(http())}, tmp_path, "--max-bad", "1") == 0
    funnel = json.loads(capsys.readouterr().out)
    reasons = {reason: number for step in funnel["steps"] for reason, number in step["reasons"].items()}
    found = Case(
        case.data, funnel["documents_out"] - 1, reasons, funnel["quarantine_reasons"], funnel["skipped"], case.name
    )
    assert found == case
    assert funnel["documents_in"] == funnel["documents_out"] + sum(reasons.values())
    assert funnel["quarantined"] == sum(case.quarantined.values())


def test_a_crawl_of_all_this(tmp_path, capsys):
    files = {f"{number}-{case.name}": case.data for number, case in enumerate(CASES.values())}
    assert curate(files, tmp_path, "--max-bad", "1") == 0
    funnel = json.loads(capsys.readouterr().out)
    assert funnel["documents_out"] == sum(case.kept for case in CASES.values())
    assert funnel["quarantined"] == sum(sum(case.quarantined.values()) for case in CASES.values())
    assert sum(funnel["skipped"].values()) == sum(sum(case.skipped.values()) for case in CASES.values())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("metadata of a crawl", "metadata without pages, as in WAT files"),
        ("a zip file", "compressed with zip, which assay does not read"),
        ("no WARC", "1 × broken WARC record"),
    ],
)
@pytest.mark.parametrize("accept", [[], ["--max-bad", "1"]])
def test_a_pool_of_nothing_else_says_what_it_is(name, message, accept, tmp_path, capsys):
    assert curate({CASES[name].name: CASES[name].data}, tmp_path, *accept) == 2
    shown = capsys.readouterr().err
    assert message in shown
    assert "Traceback" not in shown
