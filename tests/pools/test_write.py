"""Documents out to files."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assay.pools.write import Document, start_of, write_shards


def test_shards(tmp_path, read):
    documents = [Document(str(number), f"text \u2028 {number} " * 20, f"u{number}") for number in range(100)]
    rows = write_shards(tmp_path / "a", documents, 5000)
    assert list(rows) == [f"{number:05d}.jsonl.zst" for number in range(len(rows))]
    assert len(rows) > 2
    assert sum(rows.values()) == 100
    found = [row for name in rows for row in read(tmp_path / "a" / name).rows]
    assert found == [document._asdict() for document in documents]
    write_shards(tmp_path / "b", iter(documents), 5000)
    for name in rows:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_no_documents_no_shard(tmp_path):
    assert write_shards(tmp_path, [], 5000) == {}


@given(st.text(st.sampled_from("aé\n\U0001f600"), max_size=60), st.integers(1, 40))
def test_start_of(text, limit):
    start = start_of(text, limit)
    assert text.startswith(start)
    assert len(start.encode()) <= limit
    if start != text:
        assert start.endswith("\n") or len(start.encode()) > limit - 4
