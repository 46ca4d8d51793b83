from __future__ import annotations

import pyarrow as pa
import pytest

from assay.curation.apply import apply
from assay.curation.page import process
from assay.text.keys import JoinLinesModifier, KeyNameModifier, MoveUrlModifier, SplitLinesModifier
from text.plain import documents


def test_the_address_that_the_pool_found_stays():
    rest = pa.array(['{"metadata": {"WARC-Target-URI": "http://b/"}}', None, None], pa.large_string())
    batch = documents("x", "y", "z", url=pa.array(["http://a/", "http://a/", None]), rest=rest)
    outcome = apply(MoveUrlModifier(), batch)
    assert outcome.documents.batch.column("url").to_pylist() == ["http://b/", "http://a/"]
    assert outcome.reasons == ("no WARC-Target-URI",)


@pytest.mark.parametrize(
    ("page", "parameters", "after"),
    [
        ({"content": "c", "text": "t"}, {}, {"content": "c", "text": "t"}),
        ({"text": "t"}, {}, {"text": "t"}),
        ({"a": 1, "text": "t"}, {"old_key": "a", "new_key": "b"}, {"text": "t", "b": 1}),
    ],
)
def test_keys_are_renamed(page, parameters, after):
    assert process(KeyNameModifier(**parameters), page) == [after]


def test_lines_joined_by_something_else():
    (split,) = process(SplitLinesModifier(delimiter="; "), {"text": "a; b"})
    assert split == {"text": ["a", "b"]}
    assert process(JoinLinesModifier(delimiter="|"), split) == [{"text": "a|b"}]
    assert process(JoinLinesModifier(), {"text": ""}) == []
