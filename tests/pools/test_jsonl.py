"""JSONL of the wild."""

from __future__ import annotations

import gzip
import json

import pytest
import zstandard
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.pools import batch
from assay.pools.columns import Columns

NASTY = "a\u2028b\u2029c\x85d\re\x00f\x1cg\n h"


def lines(*objects) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in objects)


@pytest.fixture
def file(tmp_path):
    def write(data: bytes, name: str = "pool.jsonl"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


def test_rows(file, read):
    found = read(file(lines({"id": "a", "text": "one", "url": "http://x/"}, {"text": NASTY, "id": 7})))
    assert found.rows == [
        {"id": "a", "text": "one", "url": "http://x/"},
        {"id": "7", "text": NASTY, "url": None},
    ]
    assert found.bad == []


def test_rows_without_id_are_named_by_file_and_place(file, read):
    found = read(file(b"\n" + lines({"text": "one"}) + b"\r\n  \n" + lines({"text": "two", "id": None})))
    assert [row["id"] for row in found.rows] == ["f" * 12 + ":1", "f" * 12 + ":22"]
    assert found.bad == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": "\xff"}', "not UTF-8"),
        (b'{"text": ', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"text": ' + b"9" * 5000 + b"}", "not JSON"),
        (b'["text"]', "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'{"txt": "x"}', "no text"),
        (b'{"text": null}', "no text"),
        (b'{"text": 5}', "text is not a string"),
        (b'{"text": ["x"]}', "text is not a string"),
        (b'{"text": "\\ud800"}', "text is not valid Unicode"),
        (b'{"text": "\xed\xa0\x80"}', "not UTF-8"),
    ],
)
def test_bad_lines_are_quarantined(file, read, line, reason):
    found = read(file(lines({"text": "one"}) + line + b"\n" + lines({"text": "three"})))
    assert found.texts == ["one", "three"]
    assert found.reasons == [("line 2", reason)]
    assert found.bad[0].excerpt.startswith(line[:9].decode("ascii"))


def test_surrogate_pairs_are_text(file, read):
    assert read(file(b'{"text": "\\ud83d\\ude00"}')).texts == ["\U0001f600"]


def test_unusable_ids_and_urls_do_not_cost_the_document(file, read):
    first = lines({"text": "x", "id": "\ud800", "url": "\udfff"})
    found = read(file(first + lines({"text": "y", "id": [1], "url": 3})))
    assert [row["url"] for row in found.rows] == [None, None]
    assert [row["id"] for row in found.rows] == ["f" * 12 + ":0", "f" * 12 + f":{len(first)}"]


def test_byte_order_marks(file, read):
    mark = b"\xef\xbb\xbf"
    found = read(file(mark + mark + lines({"text": "one"}) + mark + lines({"text": "two"}) + mark + b"\n"))
    assert found.texts == ["one", "two"]
    assert found.bad == []


def test_nested_columns(file, read):
    row = {"doc": {"body": "x"}, "metadata": {"WARC-Target-URI": "http://x/"}}
    found = read(file(lines(row)), Columns(text="doc.body"))
    assert found.rows == [{"id": "f" * 12 + ":0", "text": "x", "url": "http://x/"}]
    assert found.rests == [row]


def test_rows_that_have_no_text_yet(file, read):
    found = read(file(lines({"repo_name": "r", "files": []})), Columns(text="-"))
    assert (found.rows[0]["text"], found.rests, found.bad) == (None, [{"repo_name": "r", "files": []}], [])


def test_what_else_a_row_holds_stays_with_it(file, read):
    rest = {"score": 0.5, "tags": ["a", None], "lone": "\ud800"}
    assert read(file(lines({"text": "x", "id": "a"} | rest, {"text": "y"}))).rests == [rest, None]


def test_no_text_column_is_the_users_error(file, read):
    path = file(lines({"title": "x", "meta": {"a": 1}}))
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.where == str(path)
    assert "the columns are: meta, meta.a, title" in caught.value.message
    assert caught.value.hint == "--columns text=NAME"


def test_columns_are_looked_for_in_many_rows(file, read):
    found = read(file(lines({"title": "x"}, {"title": "y", "text": "z"})))
    assert found.texts == ["z"]
    assert found.reasons == [("line 1", "no text")]


@pytest.mark.parametrize("data", [b"", gzip.compress(b"", mtime=0)])
def test_empty_files_are_quarantined(file, read, data):
    found = read(file(data))
    assert found.reasons == [("file", "empty file")]


def test_blank_lines_are_nothing(file, read):
    found = read(file(b"\n\n  \t\r\n"))
    assert (found.rows, found.bad) == ([], [])


@pytest.mark.parametrize(
    ("name", "compress"), [("p.jsonl.gz", gzip.compress), ("p.jsonl.zst", zstandard.compress), ("p.json.gz", bytes)]
)
def test_many_members(file, read, name, compress):
    parts = [lines(*({"text": f"{part} {row}"} for row in range(50))) for part in range(3)]
    found = read(file(b"".join(map(compress, parts)), name))
    assert found.texts == [f"{part} {row}" for part in range(3) for row in range(50)]


@pytest.mark.parametrize(("compress", "name"), [(gzip.compress, "gzip"), (zstandard.compress, "zstd")])
def test_a_cut_file_keeps_what_came_before(file, read, compress, name):
    texts = [f"{number} " + "word " * (number % 7) for number in range(2000)]
    parts = [compress(lines(*({"text": text} for text in texts[start : start + 500]))) for start in range(0, 2000, 500)]
    found = read(file(b"".join(parts)[: -len(parts[3]) // 2]))
    assert found.texts == texts[: len(found.texts)]
    assert 1500 <= len(found.texts) < 2000
    assert found.reasons == [(f"line {len(found.texts) + 1}", f"truncated {name}")]


def test_too_large_lines_are_passed_over(file, read, monkeypatch):
    monkeypatch.setattr("assay.pools.jsonl.MAX_DOCUMENT", 3 << 20)
    large = lines({"text": "x" * (5 << 20)})
    found = read(file(lines({"text": "one"}) + large + lines({"text": "three"}) + large.rstrip(b"\n")))
    assert found.texts == ["one", "three"]
    assert found.reasons == [("line 2", batch.TOO_LARGE), ("line 4", batch.TOO_LARGE)]
    assert found.bad[0].excerpt.startswith('{"text": "xxx')


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(), max_size=20), st.booleans())
def test_round_trip(file, read, texts, ascii_):
    data = b"".join(json.dumps({"text": text}, ensure_ascii=ascii_).encode() + b"\n" for text in texts)
    found = read(file(data or b"\n"))
    assert found.texts == texts
    assert found.bad == []


_PIECES = st.sampled_from(
    [b'{"text": "x"}', b"\n", b"{", b'"', b"\xff", b"\xef\xbb\xbf", b"\r", b"\x00", b'{"text": 1}']
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=200), st.lists(_PIECES, max_size=30).map(b"".join)))
def test_every_line_is_a_row_or_quarantined(file, read, garbage):
    assume(not garbage.startswith((b"\x1f\x8b", b"BZh", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"\x04\x22\x4d\x18")))
    found = read(file(b'{"text": "first"}\n' + garbage))
    written = [line.decode(errors="replace").lstrip("\ufeff").strip(" \t\r") for line in garbage.split(b"\n")]
    assert len(found.rows) + len(found.bad) == 1 + sum(1 for line in written if line)
