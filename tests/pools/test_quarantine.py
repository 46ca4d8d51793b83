"""What is kept of a bad row."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assay.pools.quarantine import Reading, excerpt


@given(st.one_of(st.binary(max_size=2000), st.text(st.characters(), max_size=2000)))
def test_excerpts_are_short_and_printable(content):
    shown = excerpt(content)
    assert shown.isprintable()
    assert len(shown) <= 500
    shown.encode()


def test_excerpt_escapes():
    assert excerpt(b"a\xff\n\xc3\xa9") == r"a\xff\né"
    assert excerpt("\ud800\x1b[31m") == r"\ud800\x1b[31m"


def test_skipped_kinds_are_counted():
    reading = Reading(lambda row: None)
    reading.skipped["request"] += 1
    assert Reading(lambda row: None).skipped == {}
    assert reading.skipped == {"request": 1}
