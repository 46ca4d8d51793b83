from __future__ import annotations

import gzip
import json

import pytest
import zstandard

from assay.base.errors import InputError
from assay.tokens.jsonl import read_jsonl

ROWS = [{"text": "one"}, {"text": "two\u2028\u0085still two"}, {"text": "three", "n": 3}]
DATA = b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in ROWS)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_lines_end_at_newlines_only(tmp_path, pack):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(pack(DATA.rstrip() + b"\n\n"))
    assert list(read_jsonl(path)) == list(enumerate(ROWS, 1))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"a": 1}\n[1]\n', "rows.jsonl:2: must be a JSON object, not list"),
        (b'{"a": 1}\n{"a":\n', "rows.jsonl:2: not JSON"),
        (b'{"a": "\xff"}\n', "rows.jsonl:1: not JSON"),
        (gzip.compress(DATA, mtime=0)[:-12], "truncated gzip"),
    ],
)
def test_what_is_wrong_and_where(tmp_path, data, message):
    (tmp_path / "rows.jsonl").write_bytes(data)
    with pytest.raises(InputError, match=message):
        list(read_jsonl(tmp_path / "rows.jsonl"))
