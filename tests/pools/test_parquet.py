"""Parquet of the wild."""

from __future__ import annotations

import contextlib
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.pools.columns import Columns


@pytest.fixture
def file(tmp_path):
    def write(table: pa.Table, **options):
        path = tmp_path / "pool.parquet"
        pq.write_table(table, path, **options)
        return path

    return write


def test_rows(file, read):
    table = pa.table({"text": ["one", "", "three"], "id": [5, 6, None], "url": ["u", None, ""], "score": [1.0, 2, 3]})
    assert read(file(table)).rows == [
        {"id": "5", "text": "one", "url": "u"},
        {"id": "6", "text": "", "url": None},
        {"id": "f" * 12 + ":3", "text": "three", "url": None},
    ]


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.dictionary(pa.int32(), pa.string())]
)
def test_ways_to_store_text(file, read, kind):
    assert read(file(pa.table({"text": pa.array(["é", "x", "x"]).cast(kind)}))).texts == ["é", "x", "x"]


def test_nested_columns(file, read):
    metadata = pa.array([{"WARC-Target-URI": "u1", "n": 1}, None, {"WARC-Target-URI": None, "n": 2}])
    table = pa.table({"doc.text": ["a", "b", "c"], "metadata": metadata})
    found = read(file(table), Columns(text="doc.text"))
    assert [(row["text"], row["url"]) for row in found.rows] == [("a", "u1"), ("b", None), ("c", None)]


def test_bad_rows_are_quarantined(file, read):
    texts = pa.array([b"one", None, b"\xff\xfe", b"four"], pa.binary()).view(pa.string())
    found = read(file(pa.table({"text": texts, "url": ["u"] * 4})))
    assert found.texts == ["one", "four"]
    assert found.reasons == [("row 2", "no text"), ("row 3", "not UTF-8")]
    assert found.bad[1].excerpt == r"\xff\xfe"


def test_numbers_are_not_text(file, read):
    with pytest.raises(InputError, match="the column 'text' holds int64, not text"):
        read(file(pa.table({"text": [1, 2]})))


def test_no_text_column_is_the_users_error(file, read):
    with pytest.raises(InputError, match=r"the columns are: m\.x, title"):
        read(file(pa.table({"title": ["x"], "m": [{"x": 1}]})))


def test_an_empty_table_is_no_trouble(file, read):
    found = read(file(pa.table({"text": pa.array([], pa.string())})))
    assert (found.rows, found.bad) == ([], [])


@pytest.mark.parametrize("keep", [0, 3, 200, -30])
def test_a_cut_file_is_quarantined(file, read, keep):
    path = file(pa.table({"text": ["one"] * 100}))
    os.truncate(path, keep if keep >= 0 else path.stat().st_size + keep)
    found = read(path)
    assert found.rows == []
    assert found.reasons == [("file", "empty file" if keep == 0 else "not a readable Parquet file")]


def test_a_broken_row_group_costs_only_itself(file, read):
    texts = [f"text {number}" * 40 for number in range(3000)]
    path = file(pa.table({"text": texts}), row_group_size=1000, use_dictionary=False)
    column = pq.ParquetFile(path).metadata.row_group(1).column(0)
    data = bytearray(path.read_bytes())
    data[column.data_page_offset : column.data_page_offset + 400] = b"\xff" * 400
    path.write_bytes(data)
    found = read(path)
    assert found.texts == texts[:1000] + texts[2000:]
    assert [(row.where, row.reason, row.rows) for row in found.bad] == [
        ("row group 2", "broken Parquet row group", 1000)
    ]
    assert found.rows[1000]["id"] == "f" * 12 + ":2001"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=5))
def test_damage_anywhere_is_survived(file, read, changes):
    path = file(pa.table({"text": [f"text {number}" for number in range(300)], "id": range(300)}), row_group_size=100)
    data = bytearray(path.read_bytes())
    for place, value in changes:
        data[int(place * len(data))] = value
    path.write_bytes(data)
    with contextlib.suppress(InputError):  # the name of the text column is damaged
        found = read(path)
        assert found.rows or found.bad
