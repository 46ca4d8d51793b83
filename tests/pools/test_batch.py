"""Rows into batches."""

from __future__ import annotations

import pytest

from assay.pools.batch import MAX_BYTES, MAX_DOCUMENTS, PAGE_SCHEMA, SCHEMA, Row, batched, row_id


def test_batches_are_bounded_in_rows():
    batches = list(batched((Row(str(n), b"x", None) for n in range(2 * MAX_DOCUMENTS + 1)), SCHEMA))
    assert [len(batch) for batch in batches] == [MAX_DOCUMENTS, MAX_DOCUMENTS, 1]
    assert batches[2].to_pylist() == [{"id": str(2 * MAX_DOCUMENTS), "text": "x", "url": None, "rest": None}]


def test_batches_are_bounded_in_bytes():
    page = b"p" * (MAX_BYTES // 2)
    batches = list(batched((Row(str(n), None, "u", page) for n in range(5)), PAGE_SCHEMA))
    assert [len(batch) for batch in batches] == [2, 2, 1]
    assert batches[0].column("text").null_count == 2


def test_no_rows_no_batch():
    assert list(batched([], SCHEMA)) == []


@pytest.mark.parametrize(
    ("value", "id_"),
    [("a", "a"), (7, "7"), (0, "0"), (True, "f:3"), ("", "f:3"), (None, "f:3"), (1.5, "f:3"), ("\ud800", "f:3")],
)
def test_row_id(value, id_):
    assert row_id(value, "f", 3) == id_
