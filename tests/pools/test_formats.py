"""Which format a file has."""

from __future__ import annotations

import gzip

import pytest
import zstandard

from assay.base.errors import InputError
from assay.base.files import expand
from assay.pools.formats import SUFFIXES, format_of


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.warc", "warc"),
        ("a.warc.gz", "warc"),
        ("a.warc.wet.gz", "warc"),
        ("a.jsonl", "jsonl"),
        ("a.jsonl.gz", "jsonl"),
        ("a.JSONL.zst", "jsonl"),
        ("a.ndjson", "jsonl"),
        ("c4-train.00000-of-01024.json.gz", "jsonl"),
        ("s3://bucket/a.b/part.parquet", "parquet"),
        ("https://host/a.jsonl.gz?download=true&x=.parquet", "jsonl"),
    ],
)
def test_by_name(name, kind):
    assert format_of(name) == kind


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"PAR1....", "parquet"),
        (b"WARC/1.0\r\n", "warc"),
        (gzip.compress(b"WARC/1.0\r\n", mtime=0), "warc"),
        (b'\xef\xbb\xbf\n {"text": 1}', "jsonl"),
        (zstandard.compress(b'{"text": 1}'), "jsonl"),
    ],
)
def test_by_content(tmp_path, data, kind):
    path = tmp_path / "part-00000.snappy"
    path.write_bytes(data)
    assert format_of(str(path)) == kind


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"filedesc://example.arc.gz 127.0.0.1", "an ARC file"),
        (b"BZh9", "compressed with bzip2"),
        (b"PK\x03\x04", "zip"),
    ],
)
def test_what_assay_knows_and_does_not_read(tmp_path, data, what):
    path = tmp_path / "part.bin"
    path.write_bytes(data)
    with pytest.raises(InputError, match=what) as caught:
        format_of(str(path))
    assert caught.value.hint


@pytest.mark.parametrize("data", [b"", b"text,url\n"])
def test_unknown(tmp_path, data):
    path = tmp_path / "part.csv"
    path.write_bytes(data)
    with pytest.raises(InputError, match="neither WARC, JSONL nor Parquet") as caught:
        format_of(str(path))
    assert caught.value.where == str(path)


def test_folders_are_searched_for_pool_files(tmp_path):
    for name in ("b.jsonl.zst", "a.warc.gz", "notes.txt", "c.parquet", "d.wet.gz"):
        (tmp_path / name).touch()
    assert [path.rpartition("/")[2] for path in expand([tmp_path], SUFFIXES)] == [
        "a.warc.gz",
        "b.jsonl.zst",
        "c.parquet",
        "d.wet.gz",
    ]
