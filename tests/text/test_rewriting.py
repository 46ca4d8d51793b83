from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assay.text.rewriting import keep_lines, lines_of, texts_of
from text.plain import documents, many
from text.plain_lines import line_texts


@many
@given(
    texts=st.lists(line_texts, min_size=1, max_size=4), strip=st.booleans(), drop_empty=st.booleans(), data=st.data()
)
def test_lines_are_kept_and_changed(texts, strip, drop_empty, data):
    lines = [line for text in texts for line in text.split("\n")]
    booleans = st.lists(st.booleans(), min_size=len(lines), max_size=len(lines))
    keep = np.array(data.draw(booleans), np.bool_)
    edits = [
        (k, data.draw(st.sampled_from(["", " ", " 新 ", "\u3000much longer than before"])))
        for k in np.flatnonzero(keep)
    ]
    edits = [edit for edit, wanted in zip(edits, data.draw(booleans), strict=False) if wanted]
    found = keep_lines(documents(*texts), keep, strip=strip, edits=edits, drop_empty=drop_empty).text.to_pylist()
    changed = dict(edits)
    expected, first = [], 0
    for text in texts:
        count = text.count("\n") + 1
        left = "\n".join(changed.get(k, lines[k]) for k in range(first, first + count) if keep[k])
        expected.append((left.strip() if strip else left) or (None if drop_empty else ""))
        first += count
    assert found == expected


def test_texts_of_some_lines():
    batch = documents("a\nbé", "", "c")
    assert list(texts_of(batch, batch.derived(lines_of), np.array([1, 2, 3]))) == ["bé", "", "c"]
