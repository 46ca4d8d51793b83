"""Counting a pool."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assay.pools.columns import Columns
from assay.pools.pool import describe_pool
from assay.pools.stats import Lengths, pool_stats


def test_counts(tmp_path):
    rows = [{"text": "é" * n, "url": f"https://host{n % 3}.org/{n}"} for n in range(10)] + [{"text": None}]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>hi"
    head = b"WARC/1.0\r\nWARC-Type: %s\r\nWARC-Target-URI: https://host0.org/\r\n"
    head += b"Content-Type: application/http\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n"
    (tmp_path / "b.warc").write_bytes(head % (b"response", len(page), page) + head % (b"request", 0, b""))
    found = pool_stats(describe_pool([str(tmp_path)], Columns()))
    assert found.files == 2
    assert found.bytes == sum(path.stat().st_size for path in tmp_path.iterdir())
    assert (found.documents, found.documents_by_format) == (11, {"jsonl": 10, "warc": 1})
    assert (found.text_bytes, found.html_bytes) == (2 * 45, 5)
    assert found.quarantined == {"no text": 1}
    assert found.skipped == {"request": 1}
    assert (found.text_characters["50%"], found.text_characters["100%"]) == (4, 9)
    assert found.page_bytes["50%"] == 5
    assert found.top_hosts == [("host0.org", 5), ("host1.org", 3), ("host2.org", 3)]
    assert json.loads(json.dumps(found.to_dict()))["documents"] == 11


def test_an_empty_pool(tmp_path):
    (tmp_path / "a.jsonl").touch()
    found = pool_stats(describe_pool([str(tmp_path)], Columns()))
    assert (found.documents, found.quarantined, found.text_characters) == (0, {"empty file": 1}, {})


@given(st.lists(st.lists(st.integers(0, 10**9), max_size=50), min_size=1, max_size=4))
def test_quantiles(batches):
    lengths = Lengths()
    for batch in batches:
        lengths.add(np.array(batch, np.int64))
    everything = sorted(length for batch in batches for length in batch)
    found = lengths.quantiles()
    if not everything:
        assert found == {}
        return
    assert found["100%"] == everything[-1]
    for name, share in (("10%", 0.1), ("50%", 0.5), ("90%", 0.9)):
        exact = everything[max(0, int(np.ceil(share * len(everything))) - 1)]
        assert exact * 0.99 <= found[name] <= exact
