import json

import pytest

from assay.base.errors import InputError
from assay.pools.columns import Columns
from assay.pools.find import find_document
from assay.pools.pool import describe_pool


@pytest.fixture
def pool(tmp_path):
    rows = [
        {"id": "a1", "url": "https://example.org/one", "text": "1"},
        {"id": "a2", "url": "https://example.org/one/more", "text": "2"},
        {"id": "b", "url": None, "text": "3"},
    ]
    (tmp_path / "p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return describe_pool([str(tmp_path / "p.jsonl")], Columns())


@pytest.mark.parametrize(
    ("key", "text"),
    [("a1", "1"), ("https://example.org/one", "1"), ("b", "3"), ("one/more", "2"), ("a2", "2")],
)
def test_a_document_is_found_by_id_address_or_a_part_of_it(pool, key, text):
    found = find_document(pool, None, key)
    assert found.column("text").to_pylist() == [text]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("example.org", r"several documents .* 'example.org' .*\nhint: which one\? https://example.org/one, https"),
        ("https://example.org/oen", r"no document .*\nhint: nearest: https://example.org/one"),
        ("nothing like it", r"no document .* 'nothing like it' as its id or address, or in it$"),
    ],
)
def test_one_that_is_not_there_is_an_error_with_near_misses(pool, key, message):
    with pytest.raises(InputError, match=message):
        find_document(pool, None, key)
