"""Files elsewhere: what their servers say."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from assay.pools.remote import Pace, StoppedError, _content_range, _seconds, _tag


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("bytes 5-9/10", ("bytes", 5, 10)),
        ("bytes 5-9/*", ("bytes", 5, None)),
        ("bytes */10", ("bytes", None, 10)),
        ("bytes nonsense", ("", None, None)),
        ("", ("", None, None)),
    ],
)
def test_content_range(value, expected):
    assert _content_range(value) == expected


def test_retry_after():
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90))
    past = format_datetime(datetime.now(UTC) - timedelta(seconds=90))
    assert [_seconds(value) for value in ("7", None, "", "soon", past)] == [7, 0, 0, 0, 0]
    assert 80 < _seconds(soon) <= 90


def test_only_strong_tags_tell_versions_apart():
    assert _tag({"ETag": '"a"', "Last-Modified": "then"}) == '"a"'
    assert _tag({"ETag": 'W/"a"', "Last-Modified": "then"}) == "then"
    assert _tag({"ETag": 'W/"a"'}) == ""


def test_a_pace():
    pace = Pace(per_second=50)
    started = time.monotonic()
    for _ in range(6):
        pace.wait()
    assert time.monotonic() - started >= 0.1
    pace.rest(0.2)
    pace.wait()
    assert time.monotonic() - started >= 0.3
    pace.stop()
    with pytest.raises(StoppedError):
        pace.wait()
