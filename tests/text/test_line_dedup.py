from __future__ import annotations

from collections import Counter

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from assay.curation.documents import Documents
from assay.curation.page import documents_of
from assay.text.line_dedup import LineDedup
from text.plain import many

lines = st.lists(st.sampled_from(["menu", " menu ", "", "  ", "a", "b", "日本"]), max_size=5).map("\n".join)
hosts = st.sampled_from(["http://a.org/x", "http://a.org/y", "https://b.org", None])


@many
@given(pages=st.lists(st.tuples(lines, hosts), min_size=1, max_size=6), most=st.integers(1, 3), size=st.integers(1, 4))
def test_lines_on_many_pages_of_a_host_go(pages, most, size):
    step = LineDedup(max_pages=most)
    batch = documents_of([{"text": text, "url": url} for text, url in pages])
    parts = [Documents(batch.batch.slice(i, size)) for i in range(0, len(pages), size)]
    decision = step.decide(pa.Table.from_batches([step.observe(part) for part in parts]))
    left = step.cut(batch, decision.cuts).to_pylist()
    owners = [(url or "").split("/")[2:3] for _, url in pages]
    counts: Counter = Counter()
    for (text, _), owner in zip(pages, owners, strict=True):
        counts.update({(str(owner), line.strip()) for line in text.split("\n")})
    for (text, _), owner, found, code in zip(pages, owners, left, decision.codes, strict=True):
        all_lines = text.split("\n")
        kept = [line for line in all_lines if not line.strip() or counts[str(owner), line.strip()] <= most]
        assert found == "\n".join(kept)
        assert (code == 0) == (any(line.strip() for line in all_lines) and not any(line.strip() for line in kept))
