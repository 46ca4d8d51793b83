"""Which columns hold what."""

from __future__ import annotations

import pytest

from assay.base.errors import InputError
from assay.pools.columns import Columns, Mapping, dotted_names, look_up, resolve


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["text", "timestamp", "url"], Mapping("text", None, "url")),  # C4
        (["id", "text", "url", "dump", "score"], Mapping("text", "id", "url")),  # FineWeb
        (["content", "url", "timestamp"], Mapping("content", None, "url")),  # RefinedWeb
        (["raw_content", "doc_id", "url"], Mapping("raw_content", "doc_id", "url")),  # RedPajama 2
        (["text", "url", "metadata.WARC-Target-URI"], Mapping("text", None, "url")),  # DCLM-Baseline
        (["text", "metadata.WARC-Target-URI"], Mapping("text", None, "metadata.WARC-Target-URI")),
        (["TEXT", "URL"], Mapping("TEXT", None, "URL")),
    ],
)
def test_names_in_common_use(names, found):
    assert resolve(Columns(), names, "file") == found


def test_a_name_set_by_hand_wins():
    assert resolve(Columns(text="summary"), ["text", "summary"], "file").text == "summary"


def test_no_text_says_what_there_is():
    with pytest.raises(InputError) as caught:
        resolve(Columns(), ["b", "a"], "pool.jsonl")
    assert str(caught.value) == (
        "pool.jsonl: no column is known to hold text; the columns are: a, b\nhint: --columns text=NAME"
    )


def test_a_name_that_is_not_there():
    with pytest.raises(InputError, match="there is no column 'key'") as caught:
        resolve(Columns(id="key"), ["text"], "pool.jsonl")
    assert caught.value.hint == "--columns id=NAME"


def test_look_up():
    row = {"a": {"b": {"c": 1}}, "a.b": 2, "d": None}
    assert look_up(row, "a.b") == 2
    assert look_up(row, "a.b.c") == 1
    assert look_up(row, "d") is None
    assert look_up(row, "d.e") is None
    assert look_up(row, "x.y") is None


def test_dotted_names():
    assert list(dotted_names({"a": {"b": 1, "c": {"d": 2}}, "e": 3})) == ["a", "a.b", "a.c", "a.c.d", "e"]
